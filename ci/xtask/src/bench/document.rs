//! The figures in the documentation: a table between two lines of `kernel/doc/benchmarks.md`, the
//! picture beside it, and listings of the paths that matter most.

use super::emulator::Bench;
use super::measured::Measurement;
use super::{operation_report, picture};
use crate::artefacts;
use crate::process::Fallible;
use crate::workspace::Workspace;

/// The lines before and behind the table.
const BEGIN: &str = "<!-- Figures: written by `cargo xtask bench --record`. -->\n";
const END: &str = "<!-- End of the figures. -->\n";

/// Operations whose paths are listed, and the names of the files.
const LISTED: [(&str, &str); 2] =
    [("call 0 words", "path-of-call.txt"), ("reply 0 words", "path-of-reply.txt")];

/// Writes table and picture of a run, and listings.
pub(super) fn write(
    workspace: &Workspace,
    bench: &Bench,
    measurement: &Measurement,
) -> Fallible<()> {
    let folder = workspace.root.join("kernel/doc");
    let file = folder.join("benchmarks.md");
    let text = std::fs::read_to_string(&file)
        .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    let text = replaced(&text, &operation_report::text(measurement))?;
    artefacts::write(&file, text.as_bytes())?;
    artefacts::write(&folder.join("benchmarks.svg"), picture::svg(measurement).as_bytes())?;
    LISTED.iter().try_for_each(|(name, file)| {
        let listing = bench.listing(name, &workspace.root)?;
        artefacts::write(&folder.join(file), listing.as_bytes())
    })
}

/// The text with something else between the two lines.
fn replaced(text: &str, figures: &str) -> Fallible<String> {
    let parts = text.split_once(BEGIN).zip(text.split_once(END));
    let ((before, _), (_, behind)) = parts.ok_or("the document has no place for figures")?;
    Ok(format!("{before}{BEGIN}\n{figures}\n{END}{behind}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_lines_changes() {
        let text = format!("a\n{BEGIN}\nold\n\n{END}b\n");
        let expected = format!("a\n{BEGIN}\nnew\n\n{END}b\n");
        assert_eq!(replaced(&text, "new\n"), Ok(expected.clone()));
        assert_eq!(replaced(&expected, "new\n"), Ok(expected));
        assert!(replaced("a\nb\n", "new\n").is_err());
    }
}
