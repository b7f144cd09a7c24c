//! How components talk.

use layout::span::Spanned;

use super::super::declare::tables;
use super::super::forms::{Name, Size};

tables! {
    /// How two components talk: one of `call`, `signal`, `ring` and `service`.
    pub struct Channel {
        /// `from` calls, `to` answers.
        call: Option<Spanned<Call>>,
        /// `from` signals `to`.
        signal: Option<Spanned<Signal>>,
        /// `from` puts elements into shared memory, `to` takes them out.
        ring: Option<Spanned<Ring>>,
        /// `from` calls `to`, and both share memory with rings.
        service: Option<Spanned<Service>>,
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
        /// Devices that reach the shared memory without the processor.
        dma_by: Vec<Name>,
    }

    /// A driver or another server with control by calls, and data in shared memory: a `call` and a
    /// `ring` between the same two.
    pub struct Service {
        /// The client: calls, and puts requests in.
        from: Name,
        /// The server: answers, and takes them out.
        to: Name,
        /// What both call it; else each calls it as the other component is called.
        name: Option<Name>,
        /// Bytes of shared memory.
        size: Spanned<Size> = Spanned { value: Size(4096), span: layout::Span::NOWHERE },
        /// Devices that reach the shared memory without the processor.
        dma_by: Vec<Name>,
    }
}
