//! Interrupts: the timer that ends a slice, and devices whose interrupts become signals.

use platform::contract::{Platform, TIMER_INTERRUPT};

use super::{Miss, Wide};
use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::thread::Thread;

impl Kernel {
    /// Handles an interrupt that was claimed on a fast path, and returns the thread that runs
    /// next.
    ///
    /// # Errors
    /// [`Miss`]: nothing has changed, and the interrupt is still claimed.
    #[inline(always)]
    pub(crate) fn fast_interrupt(&mut self, claimed: Option<u32>) -> Result<Obj<Thread>, Miss> {
        let irq = claimed.ok_or(Miss::Spurious)?;
        let current = self.undisturbed::<Wide>()?;
        if irq == TIMER_INTERRUPT {
            let turn = self.check_end_of_slice::<Wide>(current)?;
            self.machine.complete_interrupt(irq);
            Ok(self.perform_turn::<Wide>(&turn))
        } else {
            let cap = self.handler_cap(irq).ok_or(Miss::NoHandler)?;
            let signal = self.check_signal::<Wide>(current, self.signalled(cap)?)?;
            self.machine.mask_interrupt(irq);
            self.machine.complete_interrupt(irq);
            Ok(self.perform_signal::<Wide>(current, &signal))
        }
    }
}
