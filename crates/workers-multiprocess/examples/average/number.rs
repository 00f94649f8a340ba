//! Which number is in a cell?

/// The finite number that `cell` is, as `str::parse` reads it; nothing where it is none.
pub(crate) fn parse(cell: &[u8]) -> Option<f64> {
    short_decimal(cell).or_else(|| {
        let number = str::from_utf8(cell).ok()?.parse::<f64>().ok()?;
        // "inf" and "nan" are numbers for Rust, and 1e999 is infinite.
        number.is_finite().then_some(number)
    })
}

/// How many digits may be read as one integer: it and the power of ten are then exact as floats, and their
/// quotient is rounded once. (William Clinger, *How to Read Floating Point Numbers Accurately*, 1990.)
const DIGITS: usize = 15;

const POWERS_OF_TEN: [f64; DIGITS + 1] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// The number, if the cell is a few digits with at most a sign before and a point among them.
fn short_decimal(cell: &[u8]) -> Option<f64> {
    let unsigned = cell.strip_prefix(b"-").unwrap_or(cell);
    if unsigned.len() > DIGITS || !unsigned.first()?.is_ascii_digit() {
        return None;
    }
    let (mut integer, mut decimals, mut behind_point) = (0u64, 0, false);
    for &byte in unsigned {
        match byte {
            b'0'..=b'9' => {
                integer = integer * 10 + u64::from(byte - b'0');
                decimals += usize::from(behind_point);
            }
            b'.' if !behind_point => behind_point = true,
            _ => return None,
        }
    }
    let mut number = integer as f64;
    if decimals > 0 {
        number /= POWERS_OF_TEN[decimals];
    }
    Some(if unsigned.len() < cell.len() { -number } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn by_std(text: &str) -> Option<u64> {
        text.parse::<f64>().ok().filter(|number| number.is_finite()).map(f64::to_bits)
    }

    #[test]
    fn short_decimals_are_read_without_the_standard_library() {
        for text in ["0", "-0", "7", "-43", "5.", "007.250", "999999999999999", "-0.0000000000001"] {
            assert_eq!(short_decimal(text.as_bytes()).map(f64::to_bits), by_std(text), "{text}");
        }
        for text in ["", "-", ".", "-.5", "+5", "--5", "1.2.3", "1e3", " 1", "1 ", "1000000000000000"] {
            assert_eq!(short_decimal(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_text_is_read_as_the_standard_library_reads_it(text in "[-+]?[0-9]{0,9}[.e,]?[0-9]{0,9}") {
            prop_assert_eq!(parse(text.as_bytes()).map(f64::to_bits), by_std(&text));
        }

        #[test]
        fn every_number_is_read_back(number in any::<f64>(), short in -1e9..1e9) {
            prop_assert_eq!(parse(number.to_string().as_bytes()).map(f64::to_bits), by_std(&number.to_string()));
            let text = format!("{short:.3}");
            prop_assert_eq!(parse(text.as_bytes()).map(f64::to_bits), by_std(&text));
        }
    }
}
