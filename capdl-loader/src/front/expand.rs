//! From what a layout says to objects and capabilities.
//!
//! | module | what |
//! |---|---|
//! | [`scope`] | names, and what they refer to |
//! | [`files`] | programs and other files |
//! | [`draft`] | a component while it is being made |
//! | [`components`] | their parts, before anything is in them |
//! | [`memory`] | devices, regions, untyped memory |
//! | [`functions`] | functions of PCI: where their registers are |
//! | [`channels`] | channels, handlers, management: who holds what of whom |
//! | [`rings`] | memory that two components share for rings |
//! | [`replies`] | what holds callers |
//! | [`devices`] | devices and interrupts, as their drivers get them |
//! | [`image`] | programs as pages |
//! | [`space`] | address spaces and their tables |
//! | [`assemble`] | CSpaces, address spaces and threads of drafted components |
//! | [`directory`] | what components find by name at run time |
//! | [`supervision`] | what the loader needs to supervise components |
//! | [`rules`] | policy, waivers, assertions, domains |
//! | [`raw`] | objects and capabilities in the kernel's terms |
//!
//! Every number that nobody writes is assigned here, in the order of names: slots, badges,
//! addresses. They do not depend on the order of the text, nor on the programs, so that constants
//! for a program can be made before it is built.

mod assemble;
mod channels;
mod components;
mod devices;
mod directory;
mod draft;
mod files;
mod functions;
mod image;
mod memory;
mod pools;
mod raw;
mod replies;
mod rings;
mod rules;
mod scope;
mod space;
mod supervision;

use layout::Model;
use layout::object::{Kind, Object, ObjectId};
use layout::span::{Span, Spanned};

use super::format::Layout;
use super::forms::{Keyed, Name};
use crate::board::Board;
use crate::code::Code;
use crate::{Diagnostic, Report};
use draft::Draft;
pub(super) use files::Files;
use scope::Scope;

/// Makes the model of a layout. What is wrong is told, and left out.
pub(super) fn expand(layout: &Layout, board: &Board, files: Files, report: &mut Report) -> Model {
    let mut expander = Expander::new(layout, board, files, report);
    expander.rules_of_the_system();
    expander.memory();
    expander.components();
    expander.channels();
    expander.raw_objects();
    expander.assemble();
    expander.raw_capabilities();
    expander.assertions();
    expander.model.contents = expander.files.contents;
    expander.model
}

/// A model while it is being made.
struct Expander<'a> {
    layout: &'a Layout,
    board: &'a Board,
    files: Files,
    report: &'a mut Report,
    model: Model,
    scope: Scope,
    drafts: Vec<Draft<'a>>,
    /// The functions of PCI among the devices, by their places.
    functions: Vec<Option<functions::Function>>,
}

impl<'a> Expander<'a> {
    fn new(layout: &'a Layout, board: &'a Board, files: Files, report: &'a mut Report) -> Self {
        let model = Model::named(layout.name.clone().unwrap_or_default());
        let scope = Scope::new(layout, report);
        Self {
            layout,
            board,
            files,
            report,
            model,
            scope,
            drafts: Vec::new(),
            functions: Vec::new(),
        }
    }

    /// Adds an object of a component, or of nobody.
    fn add(&mut self, draft: Option<usize>, name: String, kind: Kind, span: Span) -> ObjectId {
        let owner = draft.map(|place| self.drafts[place].id);
        let id = self.model.add(Object { owner, ..Object::new(name.clone(), kind, span) });
        self.scope.objects.insert(name, id);
        id
    }

    /// Tells that something is wrong: what is to be seen at its place, and what helps.
    fn error(
        &mut self,
        code: Code,
        message: impl Into<String>,
        span: Span,
        (label, help): (&str, &str),
    ) {
        self.report.push(Diagnostic::error(code, message).at(span, label).help(help));
    }

    /// The place of a named thing among its like; `None`, and told, if there is none.
    fn find<T>(&mut self, noun: &str, all: &Keyed<T>, name: &Name) -> Option<usize> {
        // They ascend.
        let found = all.entries.binary_search_by(|entry| entry.name.as_str().cmp(&name.value)).ok();
        if found.is_none() && !all.broken.contains(&name.value) {
            let names = all.entries.iter().map(|entry| entry.name.as_str());
            let wrong = scope::dangling(noun, name, names);
            self.report.push(wrong);
        }
        found
    }

    /// The place of a component's draft.
    fn component(&mut self, name: &Name) -> Option<usize> {
        self.find("component", &self.layout.component, name)
    }

    /// The object that has this name.
    fn object(&mut self, name: &Name) -> Option<ObjectId> {
        let found = self.scope.objects.get(&name.value).copied();
        if found.is_none() {
            let names = self.scope.objects.keys().map(String::as_str);
            let wrong = scope::dangling("object", name, names);
            self.report.push(wrong);
        }
        found
    }
}

/// The same value at another place.
const fn spanned<T>(value: T, span: Span) -> Spanned<T> {
    Spanned { value, span }
}
