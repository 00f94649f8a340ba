//! How often was each task begun, and how often did it come to its end? Counted by the tasks themselves.
//!
//! Two bytes a task in a file that the load and all workers map. The file has no name any more when the first worker
//! starts, so nothing of it is left whatever happens; workers open it by the load's descriptor.

use memmap2::MmapRaw;
use std::{
    env,
    fs::{self, File},
    io,
    os::fd::AsRawFd,
    path::Path,
    process,
    sync::{
        OnceLock,
        atomic::{AtomicU8, Ordering::Relaxed},
    },
};

/// The variable that tells a worker where its load's ledger is.
pub(crate) const VARIABLE: &str = "SELVEDGE_CHAOS_LEDGER";

pub(crate) struct Ledger {
    map: MmapRaw,
    file: File,
}

impl Ledger {
    /// For the tasks with numbers below `tasks`.
    pub(crate) fn new(tasks: usize) -> io::Result<Self> {
        let path = env::temp_dir().join(format!("selvedge-chaos-{}", process::id()));
        let file = File::options().read(true).write(true).create_new(true).open(&path)?;
        fs::remove_file(&path)?;
        file.set_len(2 * tasks as u64)?;
        Ok(Self { map: MmapRaw::map_raw(&file)?, file })
    }

    /// A path by which a worker can open it.
    pub(crate) fn path(&self) -> String {
        format!("/proc/{}/fd/{}", process::id(), self.file.as_raw_fd())
    }

    /// The one of the load whose worker this is.
    pub(crate) fn of_worker() -> &'static Self {
        static LEDGER: OnceLock<Ledger> = OnceLock::new();
        LEDGER.get_or_init(|| {
            let path = env::var_os(VARIABLE).expect("a worker of the load has the variable");
            let open = |path: &Path| {
                let file = File::options().read(true).write(true).open(path)?;
                io::Result::Ok(Self { map: MmapRaw::map_raw(&file)?, file })
            };
            open(path.as_ref()).expect("the load has the file while its workers live")
        })
    }

    /// Counts a begin; returns how many that makes.
    pub(crate) fn begin(&self, task: usize) -> u8 {
        // Relaxed, here and below: what a task has counted goes before its result, which the ring publishes; what it
        // has not answered is looked at when its process is gone.
        self.count(2 * task).fetch_add(1, Relaxed) + 1
    }

    pub(crate) fn end(&self, task: usize) {
        self.count(2 * task + 1).fetch_add(1, Relaxed);
    }

    /// How often it was begun, and ended, since this was last asked.
    pub(crate) fn take(&self, task: usize) -> (u8, u8) {
        (self.count(2 * task).swap(0, Relaxed), self.count(2 * task + 1).swap(0, Relaxed))
    }

    fn count(&self, place: usize) -> &AtomicU8 {
        assert!(place < self.map.len());
        // SAFETY: within the mapping, by the line above.
        let count = unsafe { self.map.as_mut_ptr().add(place) };
        // SAFETY: the byte is mapped for writing as long as `self` lives, a byte needs no alignment, and nobody, in
        // any process, touches it but by these atomics.
        unsafe { AtomicU8::from_ptr(count) }
    }
}
