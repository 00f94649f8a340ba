//! The average of ten numbers by four workers.
//!
//! In the Python original each of the four workers sums the whole list: nothing is shared out, and four times
//! the work is done. The average is right by accident, since every number counts four times. The original
//! draws its numbers at random; these are fixed, so that the output is.

use std::error::Error;
use workers_multiprocess::{TaskError, ThreadPool};

static NUMBERS: [u32; 10] = [83, 7, 64, 29, 91, 50, 12, 78, 36, 45];
const WORKERS: usize = 4;

/// The sum of some numbers, and how many they are.
fn sum_and_count(numbers: &[u32]) -> (u32, usize) {
    (numbers.iter().sum(), numbers.len())
}

/// Gives each worker one of the parts, and adds up what they return.
fn total(pool: &ThreadPool, parts: impl Iterator<Item = &'static [u32]>) -> Result<(u32, usize), TaskError> {
    let mut total = (0, 0);
    for part in pool.map(sum_and_count, parts) {
        let (sum, count) = part?;
        total = (total.0 + sum, total.1 + count);
    }
    Ok(total)
}

fn average((sum, count): (u32, usize)) -> f64 {
    f64::from(sum) / count as f64
}

fn main() -> Result<(), Box<dyn Error>> {
    let pool = ThreadPool::new(WORKERS)?;

    let everything = [&NUMBERS[..]; WORKERS];
    let whole = total(&pool, everything.into_iter())?;
    println!(
        "fault: {} numbers counted where there are {}, average {:.2}",
        whole.1,
        NUMBERS.len(),
        average(whole)
    );

    let shares = NUMBERS.chunks(NUMBERS.len().div_ceil(WORKERS));
    let shared = total(&pool, shares)?;
    println!("cure: {} numbers counted of {}, average {:.2}", shared.1, NUMBERS.len(), average(shared));
    Ok(())
}
