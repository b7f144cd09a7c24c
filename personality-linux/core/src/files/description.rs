//! What `open` makes.

use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};

use super::node::Node;
use super::pipe::PipeEnd;
use crate::abi::flags::{O_ACCMODE, O_PATH, O_RDWR, O_WRONLY};
use crate::object::Object;

/// What bytes are read from and written to.
#[derive(Debug)]
pub(crate) enum Stream {
    /// The node itself.
    Node,
    /// A text that was made when it was opened.
    Text(Vec<u8>),
    /// An end of a pipe.
    Pipe(PipeEnd),
    /// Something else that is no file.
    Object(Object),
}

/// A node and a position in it. Several descriptors can share one.
#[derive(Debug)]
pub(crate) struct Description {
    pub(crate) node: Rc<Node>,
    pub(crate) stream: Stream,
    /// Where the next read or write begins.
    pub(crate) position: Cell<u64>,
    /// How it was opened.
    pub(crate) flags: Cell<u32>,
    /// The last name that was listed of a directory, and the position behind it.
    pub(crate) listed: RefCell<(u64, Vec<u8>)>,
}

impl Description {
    pub(crate) fn new(node: Rc<Node>, stream: Stream, flags: u32) -> Rc<Self> {
        let (position, listed) = (Cell::new(0), RefCell::default());
        Rc::new(Self { node, stream, position, flags: Cell::new(flags), listed })
    }

    /// Whether it has these flags.
    pub(crate) fn is(&self, flags: u32) -> bool {
        self.flags.get() & flags != 0
    }

    pub(crate) fn can_read(&self) -> bool {
        !self.is(O_PATH) && self.flags.get() & O_ACCMODE != O_WRONLY
    }

    pub(crate) fn can_write(&self) -> bool {
        !self.is(O_PATH) && matches!(self.flags.get() & O_ACCMODE, O_WRONLY | O_RDWR)
    }
}
