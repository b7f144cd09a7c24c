//! `import`: what a file of another tool says, and what is wrong or odd about it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use layout::Model;
use layout::object::Kind;

use super::Outcome;
use super::output::{answer, message};
use crate::front::{Format, Input, load_as};

/// What the verb takes.
#[derive(Args, Clone, Debug)]
pub struct ImportArgs {
    /// The file: upstream capDL (*.cdl) or the specification of rust-sel4 (*.json).
    pub file: PathBuf,
    /// What the file is, if its name does not say so.
    #[arg(long, value_name = "FORMAT")]
    pub from: Option<Foreign>,
}

/// The formats of other tools.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Foreign {
    /// Upstream capDL.
    Cdl,
    /// The specification of rust-sel4's initializer.
    Json,
}

impl From<Foreign> for Format {
    fn from(foreign: Foreign) -> Self {
        match foreign {
            Foreign::Cdl => Self::Cdl,
            Foreign::Json => Self::Json,
        }
    }
}

/// Reads the file; prints what there is in it.
#[must_use]
pub fn run(args: &ImportArgs) -> Outcome {
    let format = args.from.map(Format::from).or_else(|| Format::of(&args.file));
    let Some(format) = format else {
        let file = args.file.display();
        message(&format!("error: `{file}` is of no known format; say --from\n"));
        return Outcome::Failed;
    };
    let input = Input { file: args.file.clone(), ..Input::default() };
    let loaded = load_as(&input, format);
    if loaded.report.iter().next().is_some() {
        message(&loaded.report.render(&loaded.sources));
    }
    if loaded.report.has_errors() {
        return Outcome::Refused;
    }
    answer(&inventory(&loaded.model))
}

/// How many of each kind there are, and how many capabilities they hold.
fn inventory(model: &Model) -> String {
    let mut kinds: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for object in &model.objects {
        let held = match &object.kind {
            Kind::Thread(thread) => thread.roles.len(),
            Kind::Irq(irq) => irq.notification.iter().count(),
            kind => kind.slots().len(),
        };
        let (count, caps) = kinds.entry(object.kind.noun()).or_default();
        *count += 1;
        *caps += held;
    }
    let mut text = format!("{}: {} objects\n", model.name, model.objects.len());
    for (noun, (count, caps)) in kinds {
        let holding = if caps > 0 { format!(", {caps} capabilities") } else { String::new() };
        text += &format!("{count:>8}  {noun}{holding}\n");
    }
    let others = [
        (model.derivations.len(), "derivations"),
        (model.schedule.turns.len(), "turns of domains"),
        (model.contents.len(), "files"),
    ];
    for (count, what) in others.into_iter().filter(|(count, _)| *count > 0) {
        text += &format!("{count:>8}  {what}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inventory_counts_objects_and_capabilities() {
        let text = inventory(&crate::generate::system(50));
        assert!(text.starts_with("generated-50: 50 objects\n"), "{text}");
        assert!(text.contains("\n      40  frame\n"), "{text}");
        assert!(text.contains("\n       1  thread, 5 capabilities\n"), "{text}");
        assert!(text.ends_with("\n       1  files\n"), "{text}");
    }
}
