//! Where is the data that comes with the program, unpacked?

use super::failure::{Failure, bad_file};
use flate2::read::GzDecoder;
use std::env;
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process;

/// The flights from New York City in 2013; see the README.md beside it.
const PACKED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/flights.csv.gz");

/// The shipped flights as a CSV file. The first call unpacks them, beside the program or, where it may not
/// write there, among the system's temporary files; later ones find them.
pub(crate) fn flights() -> Result<PathBuf, Failure> {
    let packed = Path::new(PACKED);
    let beside_program = env::current_exe().ok().and_then(|program| program.parent().map(Path::to_owned));
    beside_program
        .and_then(|folder| unpacked(packed, &folder).ok())
        .map_or_else(|| unpacked(packed, &env::temp_dir()), Ok)
        .map_err(|error| {
            bad_file(packed, format_args!("the shipped data cannot be unpacked ({error}); name another FILE"))
        })
}

/// The file in `folder` with the content of `packed`, which is made if it is not there.
fn unpacked(packed: &Path, folder: &Path) -> io::Result<PathBuf> {
    let mut source = File::open(packed)?;
    // A gzip file ends with the checksum and the size of its content (RFC 1952).
    let mut trailer = [0; 8];
    source.seek(SeekFrom::End(-8))?;
    source.read_exact(&mut trailer)?;
    source.rewind()?;
    let [c0, c1, c2, c3, size @ ..] = trailer;
    let (checksum, size) = (u32::from_le_bytes([c0, c1, c2, c3]), u32::from_le_bytes(size));

    // With the checksum in its name, other data are another file.
    let target = folder.join(format!("average-flights-{checksum:08x}.csv"));
    if fs::metadata(&target).is_ok_and(|found| found.is_file() && found.len() == u64::from(size)) {
        return Ok(target);
    }
    // Under a name of its own until it is complete, so that nobody ever reads half of it.
    let unfinished = target.with_extension(format!("{}.tmp", process::id()));
    let _ = fs::remove_file(&unfinished);
    let written = File::create_new(&unfinished)
        .and_then(|mut file| io::copy(&mut GzDecoder::new(BufReader::new(source)), &mut file))
        .and_then(|_| fs::rename(&unfinished, &target));
    if written.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    written.map(|()| target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn folder(name: &str) -> PathBuf {
        let folder = env::temp_dir().join(format!("average-{name}-{}", process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).expect("a folder for the test");
        folder
    }

    fn pack(path: &Path, content: &[u8]) {
        let mut packer = GzEncoder::new(File::create(path).expect("a file"), Compression::fast());
        packer.write_all(content).expect("packed");
        packer.finish().expect("packed");
    }

    #[test]
    fn data_are_unpacked_once_and_again_when_they_are_damaged() {
        let folder = folder("unpacked");
        let packed = folder.join("data.gz");
        pack(&packed, b"a,b\n1,2\n");
        let target = unpacked(&packed, &folder).expect("unpacked");
        assert_eq!(fs::read(&target).expect("readable"), b"a,b\n1,2\n");

        fs::write(&target, b"a,b\n3,4\n").expect("writable");
        assert_eq!(unpacked(&packed, &folder).expect("found"), target);
        assert_eq!(
            fs::read(&target).expect("readable"),
            b"a,b\n3,4\n",
            "a file of the right size is not written again"
        );

        fs::write(&target, b"a,b\n").expect("writable");
        unpacked(&packed, &folder).expect("unpacked again");
        assert_eq!(fs::read(&target).expect("readable"), b"a,b\n1,2\n");

        pack(&packed, b"a,b\n5,6\n");
        assert_ne!(unpacked(&packed, &folder).expect("unpacked"), target, "other data are another file");
        fs::remove_dir_all(folder).expect("removed");
    }

    #[test]
    fn damaged_data_leave_no_file_behind() {
        let folder = folder("damaged");
        let packed = folder.join("data.gz");
        pack(&packed, b"a,b\n1,2\n");
        let mut bytes = fs::read(&packed).expect("readable");
        let checksum = bytes.len() - 8;
        bytes[checksum] ^= 1;
        fs::write(&packed, bytes).expect("writable");
        assert!(unpacked(&packed, &folder).is_err());
        assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 1, "only the packed data are there");
        fs::remove_dir_all(folder).expect("removed");
    }
}
