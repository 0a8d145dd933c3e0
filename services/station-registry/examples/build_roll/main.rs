//! Builds the roll of units and stations from the files in `data/source`.
//!
//! Without arguments it writes `data/units.csv` and `data/stations.csv`; with `--check` it writes
//! nothing and fails if a committed file differs from what it would write. The output depends on
//! the source files alone, so two runs are identical to the byte. What is real, what is made up
//! and by which rule is told in `data/README.md`.

mod allotment;
mod places;
mod source;
mod stations;
mod table;
mod transliterate;
mod units;

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use source::Source;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("build_roll: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<bool> {
    let check = match env::args().nth(1).as_deref() {
        None => false,
        Some("--check") => true,
        Some(other) => return Err(format!("unknown argument {other}; try --check").into()),
    };
    let data = data_dir();
    let source = Source::read(&data.join("source"))?;
    let roll = stations::build(&source)?;
    let files =
        [("units.csv", units::to_csv(&source, &roll.circles)?), ("stations.csv", stations::to_csv(&roll.stations)?)];
    let mut fresh = true;
    for (name, content) in files {
        fresh &= settle(&data.join(name), &content, check)?;
    }
    Ok(fresh)
}

fn data_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

/// Writes the file or, when checking, tells whether it already holds this content.
fn settle(path: &Path, content: &[u8], check: bool) -> Result<bool> {
    if !check {
        fs::write(path, content)?;
        return Ok(true);
    }
    let same = fs::read(path)? == content;
    if !same {
        eprintln!("build_roll: {} differs; run build_roll", path.display());
    }
    Ok(same)
}
