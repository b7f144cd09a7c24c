//! `capdl explain`: where a value comes from and what it means; what a check looks for.

use std::path::{Path, PathBuf};

use clap::Args;

use super::Outcome;
use super::output::{answer, message};
use crate::code::Code;
use crate::explanation::Explanation;
use crate::front::explain::explain;
use crate::front::{Input, tree_of};
use crate::{Report, Sources};

/// What to explain.
#[derive(Args, Clone, Debug)]
pub struct ExplainArgs {
    /// A value, such as `component.blk.prio`, or the code of a check, such as `T305`.
    #[arg(value_name = "WHAT")]
    pub first: String,
    /// The layout that has the value; the two may also be in the other order.
    #[arg(value_name = "FILE")]
    pub second: Option<String>,
    /// A layout that adds to it; may be repeated.
    #[arg(long = "overlay", value_name = "FILE")]
    pub overlays: Vec<PathBuf>,
}

impl ExplainArgs {
    /// What is asked, and the layout: the one that is a file.
    fn ordered(&self) -> (&str, Option<&str>) {
        match (self.first.as_str(), self.second.as_deref()) {
            (file, Some(what)) if Path::new(file).is_file() && !Path::new(what).is_file() => {
                (what, Some(file))
            }
            ordered => ordered,
        }
    }
}

/// Explains a value of a layout, or a check.
#[must_use]
pub fn run(args: &ExplainArgs) -> Outcome {
    let (what, file) = args.ordered();
    if let Some(code) = Code::parse(what) {
        let mut text = format!("{code}  {}\n", code.title());
        if let Some(Explanation { why, example, remedy, .. }) = Explanation::of(code) {
            text += &format!("\nWhy: {why}\nExample: {example}.\nRemedy: {remedy}\n");
        }
        return answer(&text);
    }
    let Some(file) = file.map(PathBuf::from) else {
        message(&format!("error: `{what}` is the code of no check; a value needs its layout\n"));
        return Outcome::Refused;
    };
    let input = Input { file, overlays: args.overlays.clone(), ..Input::default() };
    let (mut sources, mut report) = (Sources::default(), Report::default());
    let Some(tree) = tree_of(&input, &mut sources, &mut report) else {
        message(&report.render(&sources));
        return Outcome::Failed;
    };
    match explain(what, &tree, &sources) {
        Ok(text) => answer(&text),
        Err(reason) => {
            message(&format!("{reason}\n"));
            Outcome::Refused
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_may_come_first_or_last() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/linuxbox.layout.toml");
        let args = |first: &str, second: Option<&str>| ExplainArgs {
            first: first.into(),
            second: second.map(str::to_owned),
            overlays: Vec::new(),
        };
        let what = "component.blk.prio";
        for args in [args(what, Some(file)), args(file, Some(what))] {
            assert_eq!(args.ordered(), (what, Some(file)));
            assert_eq!(run(&args), Outcome::Done);
        }
        assert_eq!(args("T305", None).ordered(), ("T305", None));
        assert_eq!(run(&args(what, None)), Outcome::Refused);
    }
}
