//! Reads upstream capDL: the language that the real parser accepts, for aarch64 with MCS.
//!
//! | file | idea |
//! |---|---|
//! | `token` | words |
//! | `text`, `parser` | what the grammar sees; an error ends a statement, not the file |
//! | `symbols` | names of objects, and which elements of an array are meant |
//! | `objects`, `kinds`, `covers`, `sizes` | what there is, what it is, what it is made of |
//! | `slots`, `capability`, `copies` | what is in slots |
//! | `derivations`, `irqs`, `domains` | the rest |
//!
//! What upstream reads in a surprising way is read so, with a warning. What exists in the language
//! but not on this machine is refused by its name.

mod capability;
mod copies;
mod covers;
mod derivations;
mod domains;
mod irqs;
mod kinds;
mod objects;
mod parser;
mod sizes;
mod slots;
mod symbols;
#[cfg(test)]
mod tests;
mod text;
mod token;

use std::collections::HashMap;

use layout::cap::Place;
use layout::memory::ContentId;
use layout::span::FileId;
use layout::{Model, ObjectId};

use super::affinity::Affinities;
use super::problems::Problems;
use crate::Report;
use crate::code::Code;
use symbols::Symbols;
use text::Module;

/// Most objects, and most capabilities: few words can ask for very many.
const MOST: usize = 1 << 21;

/// Reads a text. Spans refer to `file`. If the report has no error, the model is all that the
/// text says.
///
/// ```
/// use layout::span::FileId;
///
/// let text = "arch aarch64 objects { e = ep c = cnode (4 bits) } caps { c { 1: e (RW) } }";
/// let (model, report) = capdl::front::cdl::read("two", text, FileId(0));
/// assert!(!report.has_errors());
/// assert_eq!(model.objects.len(), 2);
/// ```
#[must_use]
pub fn read(name: &str, text: &str, file: FileId) -> (Model, Report) {
    let mut problems = Problems::default();
    if u32::try_from(text.len()).is_err() {
        let span = layout::Span::new(file, 0, 0);
        problems.error(Code::TEXT, span, "the file has 4 GiB or more", "split it");
        return (Model::named(name), problems.into_report());
    }
    let module = parser::parse(text, file, &mut problems);
    let mut builder = Builder::new(name, &mut problems);
    builder.build(&module);
    let model = builder.model;
    (model, problems.into_report())
}

/// Makes a model of a text.
struct Builder<'t, 'p> {
    model: Model,
    problems: &'p mut Problems,
    symbols: Symbols<'t>,
    /// Untyped memory whose size nobody has written.
    unsized_memory: Vec<ObjectId>,
    /// Files by name.
    contents: HashMap<&'t str, ContentId>,
    /// Where named capabilities are.
    labels: HashMap<&'t str, slots::Label>,
    /// Capabilities that are copies, to be made when all others are known.
    copies: Vec<copies::Copy>,
    /// Parents of capabilities, likewise.
    parents: Vec<derivations::Parent<'t>>,
    affinities: Affinities,
    /// Capabilities that may still be made.
    allowance: usize,
    /// Unknown names for which a known one is still looked for, which takes a while.
    suggestions: usize,
}

impl<'t, 'p> Builder<'t, 'p> {
    fn new(name: &str, problems: &'p mut Problems) -> Self {
        Self {
            model: Model::named(name),
            problems,
            symbols: Symbols::default(),
            unsized_memory: Vec::new(),
            contents: HashMap::new(),
            labels: HashMap::new(),
            copies: Vec::new(),
            parents: Vec::new(),
            affinities: Affinities::default(),
            allowance: MOST,
            suggestions: 5,
        }
    }

    fn build(&mut self, module: &'t Module<'t>) {
        if !self.check_machine(module) {
            return;
        }
        self.declare_objects(&module.objects);
        self.cover_objects(&module.objects);
        self.infer_sizes();
        self.fill_slots(&module.caps);
        self.make_copies();
        self.derive_inline();
        self.derive(module);
        self.number_irqs(&module.irqs);
        self.schedule_domains(&module.domains);
        std::mem::take(&mut self.affinities).settle(&mut self.model, self.problems);
    }

    /// Whether the text is for this machine. Others have other objects by the same names.
    fn check_machine(&mut self, module: &Module<'t>) -> bool {
        // That there is none has been told.
        let Some(machine) = module.machine else { return false };
        if machine.text != "aarch64" {
            let message = format!("this is for the machine `{}`", machine.text);
            let help = "only `arch aarch64` is read";
            self.problems.error(Code::FOREIGN, machine.span, message, help);
        }
        machine.text == "aarch64"
    }

    /// Whether so many more capabilities may be made.
    fn allow(&mut self, count: usize, span: layout::Span) -> bool {
        if let Some(left) = self.allowance.checked_sub(count) {
            self.allowance = left;
            return true;
        }
        let message = format!("there are more than {MOST} capabilities");
        let help = "is this range meant?";
        self.problems.error(Code::PARAMETER, span, message, help);
        false
    }

    /// What is in a slot, if anything was put there: for copies and parents.
    fn is_node(&self, place: Place) -> bool {
        matches!(self.model[place.node].kind, layout::object::Kind::CNode(_))
    }
}
