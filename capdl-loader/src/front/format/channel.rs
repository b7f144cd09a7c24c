//! How components talk.

use layout::span::Spanned;

use super::super::declare::tables;
use super::super::forms::{Name, Size};

tables! {
    /// How two components talk: one of `call`, `signal` and `ring`.
    pub struct Channel {
        /// `from` calls, `to` answers.
        call: Option<Spanned<Call>>,
        /// `from` signals `to`.
        signal: Option<Spanned<Signal>>,
        /// `from` puts elements into shared memory, `to` takes them out.
        ring: Option<Spanned<Ring>>,
    }

    /// A component that calls another.
    pub struct Call {
        /// Who calls.
        from: Name,
        /// Who answers.
        to: Name,
        /// What the caller calls it; else as the other component is called.
        name: Option<Name>,
        /// Whether capabilities may go with a call.
        grant: bool = false,
    }

    /// A component that signals another.
    pub struct Signal {
        /// Who signals.
        from: Name,
        /// Who is signalled.
        to: Name,
        /// What both call it; else each calls it as the other component is called.
        name: Option<Name>,
    }

    /// Elements that go from one component to another through shared memory.
    pub struct Ring {
        /// Who puts them in.
        from: Name,
        /// Who takes them out.
        to: Name,
        /// What both call it; else each calls it as the other component is called.
        name: Option<Name>,
        /// Bytes of shared memory.
        size: Spanned<Size> = Spanned { value: Size(4096), span: layout::Span::NOWHERE },
    }
}
