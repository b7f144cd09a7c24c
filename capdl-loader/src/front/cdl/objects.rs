//! What there is.

use layout::ObjectId;
use layout::object::{Kind, Object};

use super::symbols::Meaning;
use super::text::{Covered, Declaration, Parameter, Reference, Selection, Value};
use super::{Builder, MOST};
use crate::code::Code;
use crate::front::suggest;

/// What a word for a kind of object means.
enum Word {
    /// An object of the model.
    Known,
    /// The firmware.
    SecureMonitor,
    /// Something of another machine, or of this one without MCS.
    Foreign(&'static str),
    /// Nothing.
    Unknown,
}

fn meaning(kind: &str) -> Word {
    match kind {
        "ep" | "notification" | "tcb" | "cnode" | "ut" | "irq" | "arm_irq" | "asid_pool" | "pt"
        | "pd" | "pud" | "pgd" | "frame" | "sc" | "rtreply" | "arm_sgi_signal" => Word::Known,
        "smc" => Word::SecureMonitor,
        "pml4" | "pdpt" | "io_ports" | "io_device" | "io_pt" | "ioapic_irq" | "msi_irq" => {
            Word::Foreign("is an object of PCs")
        }
        "vcpu" => Word::Foreign("needs a kernel at EL2"),
        "arm_io_device" | "streamid" | "contextbank" => {
            Word::Foreign("needs a kernel that drives an IOMMU")
        }
        _ => Word::Unknown,
    }
}

/// Whether this kind of object exists on other machines only.
pub(super) fn is_foreign(kind: &str) -> bool {
    matches!(meaning(kind), Word::Foreign(_))
}

impl<'t> Builder<'t, '_> {
    /// Makes all declared objects, without what covers them.
    pub(super) fn declare_objects(&mut self, declarations: &'t [Declaration<'t>]) {
        for declaration in declarations {
            self.declare(declaration);
            for covered in &declaration.covered {
                if let Covered::Declared(inner) = covered {
                    self.declare_objects(std::slice::from_ref(inner));
                }
            }
        }
    }

    fn declare(&mut self, declaration: &'t Declaration<'t>) {
        let kind = declaration.kind;
        match meaning(kind.text) {
            Word::Known => self.declare_known(declaration),
            Word::SecureMonitor => self.name(&declaration.name, Meaning::SecureMonitor),
            Word::Foreign(why) => {
                let message = format!("`{}` {why}", kind.text);
                let help = "take it out: aarch64 with MCS has no such object";
                self.problems.error(Code::FOREIGN, kind.span, message, help);
                self.name(&declaration.name, Meaning::Refused);
            }
            Word::Unknown => {
                let message = format!("there is no kind of object `{}`", kind.text);
                let help = "there are ep, notification, tcb, cnode, ut, frame, pgd, pud, pd, pt, \
                            sc, rtreply, irq, arm_irq, asid_pool, arm_sgi_signal and smc";
                self.problems.error(Code::UNKNOWN_KEY, kind.span, message, help);
                self.name(&declaration.name, Meaning::Refused);
            }
        }
        if kind.text != "ut" && !declaration.covered.is_empty() {
            let help = "only `ut` holds other objects";
            let message = format!("`{}` covers nothing", kind.text);
            self.problems.error(Code::WRONG_TYPE, kind.span, message, help);
        }
    }

    fn declare_known(&mut self, declaration: &'t Declaration<'t>) {
        if declaration.kind.text == "ut" && self.symbols.get(declaration.name.name).is_some() {
            // What untyped memory covers may be said in several places.
            self.add_size(declaration);
            return;
        }
        let Some(kind) = self.kind_of(declaration) else {
            return self.name(&declaration.name, Meaning::Refused);
        };
        let name = &declaration.name;
        match name.elements.as_deref() {
            None => {
                let object = self.add(name.name.into(), kind, name);
                self.note_affinity(object, declaration);
                self.name(name, Meaning::One(object));
            }
            Some([Selection::One(count)]) => self.declare_array(declaration, *count, &kind),
            Some(_) => {
                let help = "write how many there are, such as `f[8]`";
                let message = "a declaration has one number in brackets";
                self.problems.error(Code::SYNTAX, name.span, message, help);
                self.name(name, Meaning::Refused);
            }
        }
    }

    fn declare_array(&mut self, declaration: &'t Declaration<'t>, count: u64, kind: &Kind) {
        let name = &declaration.name;
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        if self.model.objects.len().saturating_add(count) > MOST {
            let message = format!("there are more than {MOST} objects");
            self.problems.error(Code::PARAMETER, name.span, message, "is this number meant?");
            return self.name(name, Meaning::Refused);
        }
        let first = ObjectId(self.model.objects.len() as u32);
        for index in 0..count {
            let object = self.add(format!("{}[{index}]", name.name), kind.clone(), name);
            self.note_affinity(object, declaration);
        }
        self.name(name, Meaning::Array(first, count as u32));
    }

    fn note_affinity(&mut self, object: ObjectId, declaration: &Declaration<'t>) {
        for parameter in &declaration.parameters {
            if let Parameter::Named(key, Value::Number(core)) = parameter
                && key.text == "affinity"
            {
                self.affinities.add(object, core.value, core.span);
            }
        }
    }

    /// Adds an object; one more is always possible, since a text is not that long.
    pub(super) fn add(&mut self, name: String, kind: Kind, at: &Reference<'t>) -> ObjectId {
        let is_unsized = matches!(&kind, Kind::Untyped(untyped) if untyped.bits == 0);
        let object = self.model.add(Object::new(name, kind, at.span));
        if is_unsized {
            self.unsized_memory.push(object);
        }
        object
    }

    /// Gives a name a meaning, if it has none.
    pub(super) fn name(&mut self, name: &Reference<'t>, meaning: Meaning) {
        if let Err(other) = self.symbols.add(name.name, meaning, name.span) {
            let message = format!("there are two objects `{}`", name.name);
            let error = crate::Diagnostic::error(Code::DUPLICATE_NAME, message);
            let error = error.at(name.span, "again").at(other, "first");
            self.problems.push(error.help("give one of them another name"));
        }
    }

    /// What helps against an unknown name: the one that was probably meant.
    pub(super) fn nearest(&mut self, name: &str) -> String {
        const LONGEST: usize = 64;
        let may_look = self.suggestions > 0 && name.len() <= LONGEST;
        self.suggestions = self.suggestions.saturating_sub(1);
        let names = self.symbols.names().filter(|name| name.len() <= LONGEST);
        match may_look.then(|| suggest::nearest(name, names)).flatten() {
            Some(near) => format!("did you mean `{near}`?"),
            None => "declare it in `objects`".into(),
        }
    }
}
