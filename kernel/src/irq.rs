//! Interrupts, delivered as signals. (objects.md §10)

use abi::{Error, Invocation, Rights};
use platform::contract::{IPI_RESCHEDULE, Platform, TIMER_INTERRUPT, Trigger};

use crate::call::{Call, Outcome};
use crate::cap::Cap;
use crate::derivation::Origin;
use crate::kernel::{Kernel, MAX_CORES, Preempted};
use crate::mem::Obj;
use crate::slot::Slot;

/// Highest interrupt number that user level can name.
pub const LAST_IRQ: u64 = 159;
/// Interrupts below this number exist once for each core.
const PRIVATE: u32 = 32;
/// Private interrupts of all cores come first in the table, then the shared ones.
const SHARED_BASE: u32 = PRIVATE * MAX_CORES as u32;
/// Entries of the table, and slots for bindings.
pub const SLOTS: u32 = SHARED_BASE + LAST_IRQ as u32 + 1 - PRIVATE;
/// Highest software-generated interrupt.
const LAST_SGI: u64 = 15;

/// Who handles an interrupt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Owner {
    /// Nobody: a handler may be issued.
    Nobody,
    /// User level, through a handler capability.
    User,
}

/// The interrupts of the machine, and where each is delivered.
#[derive(Clone, PartialEq, Debug)]
pub struct IrqTable {
    owners: [Owner; SLOTS as usize],
    slots: Option<Obj<Slot>>,
}

impl IrqTable {
    /// Nobody handles anything.
    #[must_use]
    pub const fn new() -> Self {
        Self { owners: [Owner::Nobody; SLOTS as usize], slots: None }
    }

    /// Tells the table where its [`SLOTS`] slots are, once, at boot.
    pub fn set_slots(&mut self, slots: Obj<Slot>) {
        self.slots = Some(slots);
    }

    /// The slot that holds the notification of an interrupt, by table index.
    pub(crate) fn slot(&self, index: u32) -> Option<Obj<Slot>> {
        self.slots.map(|slots| slots.nth(index))
    }

    /// Whether user level handles an interrupt, by table index.
    pub(crate) fn is_issued(&self, index: u32) -> bool {
        self.owner(index) == Owner::User
    }

    fn owner(&self, index: u32) -> Owner {
        self.owners.get(index as usize).copied().unwrap_or(Owner::Nobody)
    }

    fn set_owner(&mut self, index: u32, owner: Owner) {
        if let Some(entry) = self.owners.get_mut(index as usize) {
            *entry = owner;
        }
    }
}

impl Default for IrqTable {
    fn default() -> Self {
        Self::new()
    }
}

/// Index of interrupt `irq` of `core` in the table.
pub(crate) fn table_index(irq: u32, core: usize) -> u32 {
    let core = u32::try_from(core).unwrap_or(0);
    if irq < PRIVATE { core * PRIVATE + irq } else { SHARED_BASE + irq - PRIVATE }
}

/// Number of the interrupt at an index, and its core if it is private.
pub(crate) fn interrupt_at(index: u32) -> (u32, Option<usize>) {
    if index < SHARED_BASE {
        (index % PRIVATE, usize::try_from(index / PRIVATE).ok())
    } else {
        (index - SHARED_BASE + PRIVATE, None)
    }
}

/// An operation on interrupts that was checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operation {
    /// Make a handler.
    Issue {
        /// The control capability.
        control: Obj<Slot>,
        /// Where the handler goes.
        to: Obj<Slot>,
        /// Which interrupt, by table index.
        index: u32,
        /// New trigger mode.
        trigger: Option<Trigger>,
        /// The core to which a shared interrupt goes.
        core: usize,
    },
    /// Make a capability to a software-generated interrupt.
    IssueSgi {
        /// The control capability.
        control: Obj<Slot>,
        /// Where the capability goes.
        to: Obj<Slot>,
        /// Which interrupt.
        intid: u8,
        /// The CPU interface.
        target: u8,
    },
    /// Deliver the interrupt again.
    Acknowledge(u32),
    /// Deliver it to the notification in a slot.
    SetNotification(u32, Obj<Slot>),
    /// Deliver it to nobody.
    Clear(u32),
    /// Raise a software-generated interrupt.
    Fire {
        /// Which.
        intid: u8,
        /// The CPU interface.
        target: u8,
    },
}

/// Checks a message to an interrupt capability.
///
/// # Errors
/// As objects.md §10 lists them, in that order.
pub(crate) fn decode(kernel: &Kernel, call: &Call) -> Result<Operation, Error> {
    if let Cap::SgiSignal { intid, target } = call.cap {
        return Ok(Operation::Fire { intid, target });
    }
    let label = Invocation::from_label(call.info.label()).ok_or(Error::IllegalOperation)?;
    match (call.cap, label) {
        (Cap::IrqHandler { irq }, Invocation::IrqHandlerAck) => Ok(Operation::Acknowledge(irq)),
        (Cap::IrqHandler { irq }, Invocation::IrqHandlerClear) => Ok(Operation::Clear(irq)),
        (Cap::IrqHandler { irq }, Invocation::IrqHandlerSetNotification) => {
            let [slot] = call.caps::<1>()?;
            match kernel[slot].cap {
                Cap::Notification { rights, .. } if rights.contains(Rights::WRITE) => {
                    Ok(Operation::SetNotification(irq, slot))
                }
                _ => Err(Error::InvalidCapability(0)),
            }
        }
        (Cap::IrqControl, Invocation::IrqControlGet) => {
            let [irq, index, depth] = call.words::<3>(kernel)?;
            let [root] = call.caps::<1>()?;
            issue(kernel, call, Request { irq, trigger: None, core: 0 }, [index, depth], root)
        }
        (Cap::IrqControl, Invocation::IrqControlGetTrigger) => decode_trigger(kernel, call),
        (Cap::IrqControl, Invocation::IrqControlIssueSgiOrGetTriggerCore) => {
            if kernel.core_count == 1 {
                decode_sgi(kernel, call)
            } else {
                decode_trigger_core(kernel, call)
            }
        }
        _ => Err(Error::IllegalOperation),
    }
}

/// What a handler is wanted for.
struct Request {
    irq: u64,
    trigger: Option<Trigger>,
    core: usize,
}

fn trigger(word: u64) -> Option<Trigger> {
    Some(if word == 0 { Trigger::Level } else { Trigger::Edge })
}

fn irq_number(irq: u64) -> Result<u32, Error> {
    u32::try_from(irq)
        .ok()
        .filter(|irq| u64::from(*irq) <= LAST_IRQ)
        .ok_or(Error::Range { min: 0, max: LAST_IRQ })
}

fn issue(
    kernel: &Kernel,
    call: &Call,
    request: Request,
    [index, depth]: [u64; 2],
    root: Obj<Slot>,
) -> Result<Operation, Error> {
    let irq = irq_number(request.irq)?;
    let entry = table_index(irq, request.core);
    if is_reserved(kernel, irq) || kernel.irqs.owner(entry) != Owner::Nobody {
        return Err(Error::RevokeFirst);
    }
    let to = empty_slot(kernel, root, index, depth)?;
    let Request { trigger, core, .. } = request;
    Ok(Operation::Issue { control: call.slot, to, index: entry, trigger, core })
}

/// Whether the kernel keeps an interrupt for itself.
fn is_reserved(kernel: &Kernel, irq: u32) -> bool {
    irq == TIMER_INTERRUPT || (kernel.core_count > 1 && irq <= u32::from(IPI_RESCHEDULE))
}

fn empty_slot(
    kernel: &Kernel,
    root: Obj<Slot>,
    index: u64,
    depth: u64,
) -> Result<Obj<Slot>, Error> {
    let slot = kernel.slot_argument(kernel[root].cap, index, depth, false)?;
    if kernel[slot].is_empty() { Ok(slot) } else { Err(Error::DeleteFirst) }
}

fn decode_trigger(kernel: &Kernel, call: &Call) -> Result<Operation, Error> {
    let [irq, mode, index, depth] = call.words::<4>(kernel)?;
    let [root] = call.caps::<1>()?;
    let number = irq_number(irq)?;
    if kernel.core_count > 1 && number < PRIVATE {
        return Err(Error::IllegalOperation);
    }
    issue(kernel, call, Request { irq, trigger: trigger(mode), core: 0 }, [index, depth], root)
}

fn decode_sgi(kernel: &Kernel, call: &Call) -> Result<Operation, Error> {
    use platform::contract::Platform as _;
    let [intid, target, index, depth] = call.words::<4>(kernel)?;
    let [root] = call.caps::<1>()?;
    if intid > LAST_SGI {
        return Err(Error::Range { min: 0, max: LAST_SGI });
    }
    if target >= kernel.machine.software_interrupt_targets() {
        return Err(Error::InvalidArgument(1));
    }
    let to = empty_slot(kernel, root, index, depth)?;
    let byte = |word: u64| u8::try_from(word).unwrap_or(u8::MAX);
    Ok(Operation::IssueSgi { control: call.slot, to, intid: byte(intid), target: byte(target) })
}

/// The length of this message is not checked: missing words are what the registers and the
/// buffer hold.
fn decode_trigger_core(kernel: &Kernel, call: &Call) -> Result<Operation, Error> {
    let [irq, mode, index, depth, core] = core::array::from_fn(|word| call.word(kernel, word));
    let [root] = call.caps::<1>()?;
    irq_number(irq)?;
    let core = usize::try_from(core)
        .ok()
        .filter(|core| *core < kernel.core_count)
        .ok_or(Error::InvalidArgument(4))?;
    issue(kernel, call, Request { irq, trigger: trigger(mode), core }, [index, depth], root)
}

impl Kernel {
    /// Performs an operation on interrupts.
    ///
    /// # Errors
    /// [`Preempted`] while a replaced notification is being deleted.
    pub(crate) fn perform_irq(&mut self, operation: Operation) -> Result<Outcome, Preempted> {
        match operation {
            Operation::Issue { control, to, index, trigger, core } => {
                self.irqs.set_owner(index, Owner::User);
                let (irq, private) = interrupt_at(index);
                if let Some(trigger) = trigger {
                    self.set_trigger_at(index, trigger);
                }
                if private.is_none() {
                    self.machine.route_interrupt(irq, core);
                }
                self.unmask_at(index);
                self.insert(control, to, Cap::IrqHandler { irq: index }, Origin::Derived);
            }
            Operation::IssueSgi { control, to, intid, target } => {
                self.insert(control, to, Cap::SgiSignal { intid, target }, Origin::Derived);
            }
            Operation::Acknowledge(index) => self.unmask_at(index),
            Operation::SetNotification(index, source) => self.bind_irq(index, source)?,
            Operation::Clear(index) => {
                if let Some(slot) = self.irqs.slot(index) {
                    self.delete(slot)?;
                }
            }
            Operation::Fire { intid, target } => {
                self.machine.send_software_interrupt(intid, target);
            }
        }
        Ok(Outcome::Done)
    }

    fn bind_irq(&mut self, index: u32, source: Obj<Slot>) -> Result<(), Preempted> {
        let Some(slot) = self.irqs.slot(index) else { return Ok(()) };
        let cap = self[source].cap;
        self.delete(slot)?;
        if self[source].cap == cap {
            self.insert(source, slot, cap, Origin::Derived);
        }
        Ok(())
    }

    /// Chooses a trigger; that of a private interrupt of another core is left to that core, which
    /// is asked to unmask the interrupt next.
    fn set_trigger_at(&mut self, index: u32, trigger: Trigger) {
        match interrupt_at(index) {
            (irq, Some(core)) if core != self.here => {
                let (core, bit) = (&mut self.cores[core], 1 << irq);
                core.retriggered |= bit;
                core.edges = core.edges & !bit | if trigger == Trigger::Edge { bit } else { 0 };
            }
            (irq, _) => self.machine.set_trigger(irq, trigger),
        }
    }

    /// Lets an interrupt be delivered; private ones of another core by that core itself.
    fn unmask_at(&mut self, index: u32) {
        match interrupt_at(index) {
            (irq, Some(core)) if core != self.here => {
                self.cores[core].acknowledged |= 1 << irq;
                self.kick(core);
            }
            (irq, _) => self.machine.unmask_interrupt(irq),
        }
    }

    /// An interrupt has no handler any more.
    pub(crate) fn release_irq(&mut self, index: u32) {
        self.irqs.set_owner(index, Owner::Nobody);
        let (irq, core) = interrupt_at(index);
        if core.is_none_or(|core| core == self.here) {
            self.machine.mask_interrupt(irq);
        }
        if let Some(core) = core {
            self.cores[core].acknowledged &= !(1 << irq);
        }
    }

    /// Does what other cores asked for: sets triggers of this core's private interrupts, and
    /// unmasks those that were acknowledged there.
    fn serve_other_cores(&mut self) {
        let edges = self.core().edges;
        let mut retriggered = core::mem::take(&mut self.core_mut().retriggered);
        while retriggered != 0 {
            let irq = retriggered.trailing_zeros();
            let trigger = if edges >> irq & 1 != 0 { Trigger::Edge } else { Trigger::Level };
            self.machine.set_trigger(irq, trigger);
            retriggered &= retriggered - 1;
        }
        let mut acknowledged = core::mem::take(&mut self.core_mut().acknowledged);
        while acknowledged != 0 {
            self.machine.unmask_interrupt(acknowledged.trailing_zeros());
            acknowledged &= acknowledged - 1;
        }
    }

    /// Takes the most urgent interrupt of this core and delivers it.
    pub(crate) fn handle_interrupt(&mut self) {
        let claimed = self.machine.claim_interrupt();
        self.serve_interrupt(claimed);
    }

    /// Delivers an interrupt that was claimed.
    pub(crate) fn serve_interrupt(&mut self, claimed: Option<u32>) {
        let Some(irq) = claimed else { return };
        if irq == TIMER_INTERRUPT {
            self.core_mut().reprogram = true;
        } else if self.core_count > 1 && irq <= u32::from(IPI_RESCHEDULE) {
            self.serve_other_cores();
        } else {
            self.deliver_interrupt(irq);
        }
        self.machine.complete_interrupt(irq);
    }

    fn deliver_interrupt(&mut self, irq: u32) {
        // Masked until the handler acknowledges: a level-triggered line stays high until then.
        self.machine.mask_interrupt(irq);
        if let Some(&Cap::Notification { rights, notification, badge }) = self.handler_cap(irq)
            && rights.contains(Rights::WRITE)
        {
            self.signal(notification, badge);
        }
    }

    /// The capability through which user level learns about an interrupt of this core.
    #[inline(always)]
    pub(crate) fn handler_cap(&self, irq: u32) -> Option<&Cap> {
        if u64::from(irq) > LAST_IRQ {
            return None;
        }
        let index = table_index(irq, self.here);
        if self.irqs.owner(index) != Owner::User {
            return None;
        }
        self.irqs.slot(index).map(|slot| &self[slot].cap)
    }
}

#[cfg(test)]
mod tests {
    use abi::Invocation;
    use abi::bootinfo::slot;
    use platform::contract::Trigger;

    use crate::sim::{System, system::Setup};

    #[test]
    fn a_private_interrupt_of_another_core_is_set_up_by_that_core() {
        const IRQ: u32 = 20;
        let mut system = System::boot(Setup { cores: 2, ..Setup::default() });
        let to = system.free_slot();
        let label = Invocation::IrqControlIssueSgiOrGetTriggerCore;
        let words = [IRQ.into(), 1, to, 64, 1];
        let issued = system.invoke(slot::IRQ_CONTROL, label, &words, &[slot::CNODE]);
        assert_eq!(issued, Ok([].into()));
        assert_eq!(system.machine.trigger(IRQ), Trigger::Level);
        assert!(!system.machine.is_unmasked(IRQ, 0) && !system.machine.is_unmasked(IRQ, 1));
        system.go_to(1);
        system.interrupt();
        assert_eq!(system.machine.trigger(IRQ), Trigger::Edge);
        assert!(!system.machine.is_unmasked(IRQ, 0) && system.machine.is_unmasked(IRQ, 1));
    }
}
