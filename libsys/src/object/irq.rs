//! Interrupts: who may issue handlers, and handlers.

use abi::{Error, Invocation};

use super::Notification;
use crate::cap::{Cap, SlotPath};
use crate::invoke::perform;
use crate::syscall::{self, Message};

/// Authority to issue interrupt handlers and software interrupts.
///
/// ```no_run
/// use libsys::initial::{CNODE, IRQ_CONTROL};
/// use libsys::object::{IrqHandler, Trigger};
/// use libsys::{Cap, Error};
///
/// /// The handler of shared interrupt 1 (number 33), whose line pulses.
/// fn issue(slot: u64) -> Result<Cap<IrqHandler>, Error> {
///     IRQ_CONTROL.issue_trigger(33, Trigger::Edge, CNODE.slot(slot))?;
///     Ok(Cap::at(slot))
/// }
/// # fn main() {}
/// ```
pub enum IrqControl {}

/// One interrupt.
///
/// ```no_run
/// use libsys::object::{IrqHandler, Notification};
/// use libsys::{Cap, Error};
///
/// fn drive(irq: Cap<IrqHandler>, bell: Cap<Notification>, work: fn()) -> Result<(), Error> {
///     irq.set_notification(bell)?;
///     loop {
///         bell.wait();
///         work();
///         irq.acknowledge()?;
///     }
/// }
/// # fn main() {}
/// ```
pub enum IrqHandler {}

/// One software interrupt to one core.
///
/// ```no_run
/// use libsys::initial::{CNODE, IRQ_CONTROL};
/// use libsys::object::Sgi;
/// use libsys::{Cap, Error};
///
/// /// Sends software interrupt 5 to the first core.
/// fn poke(slot: u64) -> Result<(), Error> {
///     IRQ_CONTROL.issue_sgi(5, 0, CNODE.slot(slot))?;
///     Cap::<Sgi>::at(slot).fire();
///     Ok(())
/// }
/// # fn main() {}
/// ```
pub enum Sgi {}

/// What makes an interrupt pending.
///
/// ```
/// use libsys::object::Trigger;
///
/// /// What the third cell of an interrupt in a device tree says.
/// fn trigger(flags: u32) -> Trigger {
///     if flags & 0b11 != 0 { Trigger::Edge } else { Trigger::Level }
/// }
/// assert_eq!(trigger(4), Trigger::Level);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u64)]
pub enum Trigger {
    /// The line's level.
    Level = 0,
    /// A rising edge.
    Edge = 1,
}

/// Common errors of issuing, in order: `Range(0, 159)` for the number, `RevokeFirst` when it
/// was issued already or belongs to the kernel, then `FailedLookup`, `Range(1, 64)` or
/// `DeleteFirst` of the destination.
impl Cap<IrqControl> {
    /// Issues the handler of an interrupt and unmasks it.
    ///
    /// # Errors
    /// The common ones.
    #[inline]
    pub fn issue(self, irq: u64, destination: SlotPath) -> Result<(), Error> {
        let words = [irq, destination.index, u64::from(destination.depth)];
        let caps = [destination.root.pointer()];
        perform(self.pointer(), Invocation::IrqControlGet, &words, &caps)
    }

    /// [`issue`](Self::issue) that also sets the trigger.
    ///
    /// # Errors
    /// The common ones; with several cores `IllegalOperation` for private interrupts (below 32).
    #[inline]
    pub fn issue_trigger(
        self,
        irq: u64,
        trigger: Trigger,
        destination: SlotPath,
    ) -> Result<(), Error> {
        let words = [irq, trigger as u64, destination.index, u64::from(destination.depth)];
        let caps = [destination.root.pointer()];
        perform(self.pointer(), Invocation::IrqControlGetTrigger, &words, &caps)
    }

    /// [`issue_trigger`](Self::issue_trigger) for the interrupt of one core, or routed to it.
    /// For systems with several cores; with one, the same label issues software interrupts.
    ///
    /// # Errors
    /// The common ones; `InvalidArgument` when there is no such core.
    #[inline]
    pub fn issue_trigger_core(
        self,
        irq: u64,
        trigger: Trigger,
        destination: SlotPath,
        core: u64,
    ) -> Result<(), Error> {
        let words = [irq, trigger as u64, destination.index, u64::from(destination.depth), core];
        let caps = [destination.root.pointer()];
        let label = Invocation::IrqControlIssueSgiOrGetTriggerCore;
        perform(self.pointer(), label, &words, &caps)
    }

    /// Issues a capability that sends software interrupt `number` to `target`. For systems with
    /// one core; with several, the same label is [`issue_trigger_core`](Self::issue_trigger_core).
    ///
    /// # Errors
    /// - `Range(0, 15)`: the number. `InvalidArgument(1)`: the target does not exist.
    /// - `FailedLookup`, `Range(1, 64)`, `DeleteFirst`: of the destination.
    #[inline]
    pub fn issue_sgi(self, number: u64, target: u64, destination: SlotPath) -> Result<(), Error> {
        let words = [number, target, destination.index, u64::from(destination.depth)];
        let caps = [destination.root.pointer()];
        let label = Invocation::IrqControlIssueSgiOrGetTriggerCore;
        perform(self.pointer(), label, &words, &caps)
    }
}

impl Cap<IrqHandler> {
    /// Lets the interrupt happen again.
    ///
    /// # Errors
    /// None of its own.
    #[inline]
    pub fn acknowledge(self) -> Result<(), Error> {
        perform(self.pointer(), Invocation::IrqHandlerAck, &[], &[])
    }

    /// Signals `notification`, with its badge, at every interrupt.
    ///
    /// # Errors
    /// - `InvalidCapability(0)`: no notification, or no Write right.
    #[inline]
    pub fn set_notification(self, notification: Cap<Notification>) -> Result<(), Error> {
        let caps = [notification.pointer()];
        perform(self.pointer(), Invocation::IrqHandlerSetNotification, &[], &caps)
    }

    /// Signals nobody any more.
    ///
    /// # Errors
    /// None of its own.
    #[inline]
    pub fn clear(self) -> Result<(), Error> {
        perform(self.pointer(), Invocation::IrqHandlerClear, &[], &[])
    }
}

impl Cap<Sgi> {
    /// Sends the software interrupt.
    #[inline]
    pub fn fire(self) {
        syscall::send(self.pointer(), Message::EMPTY);
    }
}
