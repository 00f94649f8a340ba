//! Which of the others that live in Python are there, and how are they asked?

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::child::{self, Errors};
use crate::failure::Failure;
use crate::out::Sink;

/// What to measure beside, by the names of their packages.
pub(super) const PACKAGES: [&str; 2] = ["duckdb", "polars"];

/// Reads one column of a file and prints what it found, without the time that Python and the package need to
/// start. Arguments: package, file, column, number of threads.
const SCRIPT: &str = r#"
import json, os, sys, time
package, file, column, workers = sys.argv[1:]
os.environ["POLARS_MAX_THREADS"] = workers
module = __import__(package)
if package == "duckdb":
    connection = module.connect()
    connection.execute(f"SET threads = {workers}")
    connection.execute("SET enable_progress_bar = false")
    query = f"SELECT count({column}), avg({column}) FROM read_csv(?, nullstr = 'NA')"
    ask = lambda: connection.execute(query, [file]).fetchone()
else:
    cells = module.col(column)
    plan = module.scan_csv(file, null_values="NA")
    plan = plan.select(cells.count().alias("count"), cells.mean().alias("mean"))
    ask = lambda: plan.collect().row(0)
begun = time.perf_counter()
count, mean = ask()
seconds = time.perf_counter() - begun
print(json.dumps({"seconds": seconds, "overall": {"count": count, "mean": mean}, "version": module.__version__}))
"#;

/// Pip has to bring some 100 MB.
const LIMIT: Duration = Duration::from_secs(600);

/// The Python of our own folder.
fn own(target: &Path) -> PathBuf {
    target.join("python").join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" })
}

/// Makes a virtual environment in our own folder, with all packages.
pub(super) fn install(target: &Path) -> Result<(), Failure> {
    let mut make = Command::new("python3");
    make.args(["-m", "venv"]).arg(target.join("python"));
    let mut fill = Command::new(own(target));
    fill.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(PACKAGES);
    for command in [make, fill] {
        let shown = format!("{command:?}");
        let failed = |why: String| Failure::Failed(format!("{shown}: {why}"));
        let errors = Errors::Apart(Sink::Stderr.stdio()?);
        let captured = child::capture(command, errors, LIMIT).map_err(|error| failed(error.to_string()))?;
        if !captured.ended.is_well() {
            return Err(failed(captured.ended.to_string()));
        }
    }
    Ok(())
}

/// A Python that has `package`, or why there is none.
pub(super) fn with(package: &str, target: &Path) -> Result<PathBuf, String> {
    let has_it = |python: &PathBuf| {
        let mut command = Command::new(python);
        command.args(["-c", &format!("import {package}")]).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    [own(target), "python3".into()].into_iter().find(has_it).ok_or_else(|| {
        format!("no python3 with {package}; `cargo xtask bench average --install` puts it into target/python")
    })
}

/// The command that has `package` average a column of `file`.
pub(super) fn average(python: &Path, package: &str, file: &Path, column: &str, workers: usize) -> Command {
    let mut command = Command::new(python);
    command.args(["-c", SCRIPT, package]).arg(file).args([column, &workers.to_string()]);
    command
}
