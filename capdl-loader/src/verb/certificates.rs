//! The proofs of a layout's assertions, as files that can be checked again.

use std::path::Path;

use layout::Model;

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
    for (number, proof) in (1..).zip(proofs(&loaded.model)?) {
        let file = folder.join(format!("assertion-{number}.certificate"));
        match proof {
            Some(text) => std::fs::write(&file, text).map_err(|error| failed(&file, error))?,
            None if file.is_file() => {
                std::fs::remove_file(&file).map_err(|error| failed(&file, error))?;
            }
            None => {}
        }
    }
    Ok(())
}

/// The proof of each assertion of a layout as text; none of one that does not hold.
///
/// # Errors
/// Two things of the layout have one name.
pub(super) fn proofs(model: &Model) -> Result<Vec<Option<String>>, String> {
    let system = System::new(model);
    let proof = |assertion| {
        let proofs = goal::proofs(&system, assertion)?;
        let origin = Origin::Assertion(goal::words(model, assertion));
        Some(record::write(&origin, &proofs, &system))
    };
    model.assertions.iter().map(|assertion| proof(assertion).transpose()).collect()
}

/// Whether the model is all that the layout says.
fn is_whole(report: &Report) -> bool {
    let mut errors = report.iter().filter(|found| found.severity == Severity::Error);
    errors.all(|found| found.code.letter() != 'L')
}
