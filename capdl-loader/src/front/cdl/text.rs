//! A text as its grammar sees it, before names are looked up.

use layout::Span;

/// A name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'t> {
    /// Its letters.
    pub(super) text: &'t str,
    /// Where it is.
    pub(super) span: Span,
}

/// A number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number {
    /// Its value.
    pub(super) value: u64,
    /// Bits of it are lost: it has more than 64.
    pub(super) is_cut: bool,
    /// Where it is.
    pub(super) span: Span,
}

/// Which elements of an array.
#[derive(Clone, Copy, Debug)]
pub(super) enum Selection {
    /// `[3]`.
    One(u64),
    /// `[2..5]`, `[2..]`, `[..5]`.
    Through(Option<u64>, Option<u64>),
}

/// A name, perhaps with elements: `f`, `f[]`, `f[0,2..]`.
#[derive(Clone, Debug)]
pub(super) struct Reference<'t> {
    /// The name.
    pub(super) name: &'t str,
    /// What is in the brackets; nothing there means all.
    pub(super) elements: Option<Vec<Selection>>,
    /// Where all of it is.
    pub(super) span: Span,
}

/// A file, or what the kernel says at boot, as the source of bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct FillText<'t> {
    /// First byte of the frame.
    pub(super) at: Number,
    /// How many bytes.
    pub(super) length: Number,
    /// `CDL_FrameFill_FileData` or `CDL_FrameFill_BootInfo`.
    pub(super) source: Word<'t>,
    /// A path without its quotes, or a part of the boot information.
    pub(super) name: Word<'t>,
    /// First byte of that.
    pub(super) offset: Number,
    /// Where all of it is.
    pub(super) span: Span,
}

/// What stands behind the colon of a parameter.
#[derive(Clone, Debug)]
pub(super) enum Value<'t> {
    /// Nothing, not even a colon.
    Nothing,
    /// `: 5`.
    Number(Number),
    /// `: word`.
    Word(Word<'t>),
    /// `: [1, 2..3]`.
    List(Vec<Selection>),
    /// `: (a, b)`, of which nothing is kept.
    Pair,
    /// `: [{0 4096 CDL_FrameFill_FileData "a" 0}]`.
    Fills(Vec<FillText<'t>>),
}

/// A parameter of an object or a capability.
#[derive(Clone, Debug)]
pub(super) enum Parameter<'t> {
    /// `12 bits`, `4k`, `2M`.
    Size(Number, Word<'t>),
    /// `key: value` or a word alone.
    Named(Word<'t>, Value<'t>),
}

impl Parameter<'_> {
    /// Where it is.
    pub(super) fn span(&self) -> Span {
        match self {
            Self::Size(number, unit) => number.span.to(unit.span),
            Self::Named(key, _) => key.span,
        }
    }
}

/// `a/b/c[3] = kind (parameters) { covered }`.
#[derive(Clone, Debug)]
pub(super) struct Declaration<'t> {
    /// Untyped memory around it, outermost first.
    pub(super) around: Vec<Reference<'t>>,
    /// Its own name; at most one number in brackets.
    pub(super) name: Reference<'t>,
    /// What it is.
    pub(super) kind: Word<'t>,
    /// With which properties.
    pub(super) parameters: Vec<Parameter<'t>>,
    /// What is made of it.
    pub(super) covered: Vec<Covered<'t>>,
}

/// What is made of untyped memory.
#[derive(Clone, Debug)]
pub(super) enum Covered<'t> {
    /// Something that is declared here.
    Declared(Declaration<'t>),
    /// Something that is declared elsewhere.
    Named(Reference<'t>),
}

/// A slot of an object.
#[derive(Clone, Copy, Debug)]
pub(super) enum SlotText<'t> {
    /// By number.
    Number(Number),
    /// A thread's, by name.
    Word(Word<'t>),
}

impl SlotText<'_> {
    /// Where it is.
    pub(super) fn span(self) -> Span {
        match self {
            Self::Number(number) => number.span,
            Self::Word(word) => word.span,
        }
    }
}

/// A capability that is named as another's parent, or as one to be copied.
#[derive(Clone, Debug)]
pub(super) enum PlaceText<'t> {
    /// `(node, slot)`.
    Slot(Reference<'t>, SlotText<'t>),
    /// A name of a capability.
    Named(Reference<'t>),
}

/// What is in a slot.
#[derive(Clone, Debug)]
pub(super) enum Held<'t> {
    /// A capability to objects.
    Object(Reference<'t>),
    /// A copy of named capabilities.
    Copy(Reference<'t>),
}

/// `1: name = object (parameters) - child_of parent`.
#[derive(Clone, Debug)]
pub(super) struct EntryText<'t> {
    /// The slot; the next one if there is none.
    pub(super) slot: Option<SlotText<'t>>,
    /// What the capability is called.
    pub(super) label: Option<Reference<'t>>,
    /// What it is.
    pub(super) held: Held<'t>,
    /// With which properties.
    pub(super) parameters: Vec<Parameter<'t>>,
    /// What it is derived from.
    pub(super) parent: Option<PlaceText<'t>>,
    /// Where all of it is.
    pub(super) span: Span,
}

/// A statement about capabilities.
#[derive(Clone, Debug)]
pub(super) enum CapText<'t> {
    /// `name = (node, slot)`.
    Name(Word<'t>, Reference<'t>, SlotText<'t>),
    /// `object { entries }`.
    Slots(Reference<'t>, Vec<EntryText<'t>>),
}

/// `33: irq`.
#[derive(Clone, Debug)]
pub(super) struct IrqText<'t> {
    /// The first number; the next one if there is none.
    pub(super) number: Option<Number>,
    /// The interrupts.
    pub(super) irqs: Reference<'t>,
}

/// A turn of a domain.
#[derive(Clone, Copy, Debug)]
pub(super) struct TurnText<'t> {
    /// Which.
    pub(super) domain: Number,
    /// How long.
    pub(super) length: Number,
    /// In which unit; ticks if there is none.
    pub(super) unit: Option<Word<'t>>,
}

/// A statement about domains.
#[derive(Clone, Debug)]
pub(super) enum DomainText<'t> {
    /// `schedule: [(0, 10), ...]`.
    Schedule(Vec<TurnText<'t>>),
    /// `domain_set_start: 3`, or `no_start`.
    Start(Option<Number>),
    /// `index_shift: 1`.
    Shift(Number),
}

/// A whole text.
#[derive(Clone, Debug, Default)]
pub(super) struct Module<'t> {
    /// What it is for.
    pub(super) machine: Option<Word<'t>>,
    /// What there is.
    pub(super) objects: Vec<Declaration<'t>>,
    /// What is in slots.
    pub(super) caps: Vec<CapText<'t>>,
    /// Which interrupt is which.
    pub(super) irqs: Vec<IrqText<'t>>,
    /// Places that derivations name.
    pub(super) places: Vec<PlaceText<'t>>,
    /// What is derived from what: a parent and a child among the places.
    pub(super) derivations: Vec<[usize; 2]>,
    /// Domains.
    pub(super) domains: Vec<DomainText<'t>>,
}
