//! What a program finds in its registers.

use abi::registers::Register;

use crate::cap::Cap;
use crate::exit::Parent;
use crate::object::{Thread, UserContext};

/// The entry contract: with what any program of this library starts that is not the initial task.
///
/// | register | value |
/// |---|---|
/// | PC | the image's entry point |
/// | x0 | the argument, which main functions take as [`start::Start`](crate::start::Start) |
/// | x1 | the address of the first thread's IPC buffer, in a page that nothing else uses |
/// | x2 | a capability to the first thread, in the program's own CSpace |
/// | x3 | a capability to the endpoint to tell about the end, with Write; 0: nobody is told |
///
/// All other registers are 0: the stack is part of the image. All are plain numbers, so that a
/// program can be started from a description, too. Memory is as the ELF file says, each segment in
/// pages of its own, and nothing is mapped in the page below the stack.
///
/// What else the program has is a matter between it and who starts it, who agree on slots: as
/// constants of type [`Cap`], which both sides use. Capabilities to the program's first thread, its
/// CNode and its address space, if it has any, are in the slots of [`initial`](crate::initial):
/// then everything in this library works as in the initial task, with memory of the program's
/// own ([`Resources`](super::Resources)). A [`Program`](super::Program) gives it all three.
///
/// ```
/// use libsys::Cap;
/// use libsys::exit::Parent;
/// use libsys::process::Handover;
///
/// // What a description of a system may say of a component.
/// let component = Handover {
///     argument: 3,
///     ipc_buffer: 0x10_0000,
///     thread: Cap::at(1),
///     parent: Parent::Nobody,
/// };
/// assert_eq!(component.registers(0x20_0000).words()[3..7], [3, 0x10_0000, 1, 0]);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Handover {
    /// A number for the main function.
    pub argument: u64,
    /// The address of the IPC buffer.
    pub ipc_buffer: u64,
    /// The first thread.
    pub thread: Cap<Thread>,
    /// Who is told about the end: nobody or an endpoint.
    pub parent: Parent,
}

impl Handover {
    /// The registers of the first thread of a program with this entry point.
    #[must_use]
    pub fn registers(&self, entry: u64) -> UserContext {
        UserContext::starting_at(entry, 0)
            .with(Register::X(0), self.argument)
            .with(Register::X(1), self.ipc_buffer)
            .with(Register::X(2), self.thread.pointer())
            .with(Register::X(3), self.parent.word())
    }
}
