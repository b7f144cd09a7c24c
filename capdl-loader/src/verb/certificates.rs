//! The proofs of a layout's assertions, as files that can be checked again.

use std::path::Path;

use crate::authority::{System, goal};
use crate::front::Loaded;
use crate::question::record::{self, Origin};
use crate::{Report, Severity};

/// Writes `assertion-N.certificate` for the Nth assertion of a layout, if it holds; a file of that
/// name goes if it does not. A layout that could not be read as a whole proves nothing.
///
/// # Errors
/// The first thing that is not possible.
pub(super) fn write(folder: &Path, loaded: &Loaded) -> Result<(), String> {
    if !is_whole(&loaded.report) {
        return Err("the layout could not be read as a whole".into());
    }
    let failed = |file: &Path, error| format!("{}: {error}", file.display());
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
    let system = System::new(&loaded.model);
    for (number, assertion) in (1..).zip(&loaded.model.assertions) {
        let file = folder.join(format!("assertion-{number}.certificate"));
        let Some(proofs) = goal::proofs(&system, assertion) else {
            if file.is_file() {
                std::fs::remove_file(&file).map_err(|error| failed(&file, error))?;
            }
            continue;
        };
        let origin = Origin::Assertion(goal::words(&loaded.model, assertion));
        let text = record::write(&origin, &proofs, &system)?;
        std::fs::write(&file, text).map_err(|error| failed(&file, error))?;
    }
    Ok(())
}

/// Whether the model is all that the layout says.
fn is_whole(report: &Report) -> bool {
    let mut errors = report.iter().filter(|found| found.severity == Severity::Error);
    errors.all(|found| found.code.letter() != 'L')
}
