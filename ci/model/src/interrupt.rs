//! Interrupts: who may have them. (objects.md §10)

use abi::{Error, Invocation, Rights};

use crate::cap::Cap;
use crate::model::{Answer, Extra, Interrupt, Model, Request};
use crate::slots::{Holder, SlotName};

/// The highest number of an interrupt.
const LAST: u64 = 159;
/// Numbers below are of one core each.
const FIRST_SHARED: u64 = 32;

impl Model {
    /// Where an interrupt keeps its notification.
    #[must_use]
    pub const fn irq_slot(irq: u64) -> SlotName {
        SlotName { holder: Holder::Irq, index: irq }
    }

    /// An invocation of the control over interrupts.
    pub(crate) fn invoke_irq_control(
        &mut self,
        operation: Invocation,
        request: &Request<'_>,
    ) -> Answer {
        match operation {
            Invocation::IrqControlGet => {
                let ([irq, index, depth], [root]) = request.needs()?;
                self.issue(irq, false, (root, index, depth), request.slot)
            }
            Invocation::IrqControlGetTrigger => {
                let ([irq, trigger, index, depth], [root]) = request.needs()?;
                if irq > LAST {
                    return Err(Error::Range { min: 0, max: LAST });
                }
                if self.cores > 1 && irq < FIRST_SHARED {
                    return Err(Error::IllegalOperation);
                }
                self.issue(irq, trigger != 0, (root, index, depth), request.slot)
            }
            Invocation::IrqControlIssueSgiOrGetTriggerCore if self.cores == 1 => {
                self.issue_sgi(request)
            }
            _ => Err(Error::IllegalOperation),
        }
    }

    fn issue(
        &mut self,
        irq: u64,
        edge: bool,
        place: (Extra, u64, u64),
        control: SlotName,
    ) -> Answer {
        if irq > LAST {
            return Err(Error::Range { min: 0, max: LAST });
        }
        if self.interrupts.contains_key(&irq) || self.reserved_interrupts.contains(&irq) {
            return Err(Error::RevokeFirst);
        }
        let slot = self.vacant_slot(place)?;
        self.interrupts.insert(irq, Interrupt { edge });
        self.slots.insert(slot, Cap::IrqHandler { irq }, control, false);
        Ok(Vec::new())
    }

    fn issue_sgi(&mut self, request: &Request<'_>) -> Answer {
        let ([intid, target, index, depth], [root]) = request.needs()?;
        if intid > 15 {
            return Err(Error::Range { min: 0, max: 15 });
        }
        if target > 7 {
            return Err(Error::InvalidArgument(1));
        }
        let slot = self.vacant_slot((root, index, depth))?;
        self.slots.insert(slot, Cap::Sgi { intid, target }, request.slot, false);
        Ok(Vec::new())
    }

    fn vacant_slot(&self, (root, index, depth): (Extra, u64, u64)) -> Result<SlotName, Error> {
        let slot = self.resolve_slot(root.cap, index, depth, false)?;
        match self.slots.get(slot) {
            Some(_) => Err(Error::DeleteFirst),
            None => Ok(slot),
        }
    }

    /// An invocation of the handler of an interrupt.
    pub(crate) fn invoke_irq_handler(
        &mut self,
        irq: u64,
        operation: Invocation,
        request: &Request<'_>,
    ) -> Answer {
        match operation {
            Invocation::IrqHandlerAck => {}
            Invocation::IrqHandlerSetNotification => {
                let ([], [extra]) = request.needs()?;
                let cap = match extra.cap {
                    Some(cap @ Cap::Notification { rights, .. })
                        if rights.contains(Rights::WRITE) =>
                    {
                        cap
                    }
                    _ => return Err(Error::InvalidCapability(0)),
                };
                self.delete(Self::irq_slot(irq));
                if self.slots.get(extra.slot) == Some(cap) {
                    self.slots.insert(Self::irq_slot(irq), cap, extra.slot, false);
                }
            }
            Invocation::IrqHandlerClear => self.delete(Self::irq_slot(irq)),
            _ => return Err(Error::IllegalOperation),
        }
        Ok(Vec::new())
    }
}
