//! `Call` on an endpoint at which a passive server waits.

use platform::contract::Arguments;

use super::deliver::Delivery;
use super::{Miss, Width};
use crate::cap::Cap;
use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::thread::Thread;

impl Kernel {
    #[inline(always)]
    pub(super) fn check_call<W: Width>(&self, arguments: &Arguments) -> Result<Delivery, Miss> {
        let caller = self.undisturbed::<W>()?;
        let cap = self.named::<W>(caller, arguments.0[0])?;
        if !matches!(cap, Cap::Endpoint { .. }) {
            return Err(Miss::OtherObject);
        }
        Self::check_message::<W>(arguments)?;
        self.check_delivery::<W>(caller, cap)
    }

    #[inline(always)]
    pub(super) fn perform_call<W: Width>(
        &mut self,
        call: &Delivery,
        arguments: &Arguments,
    ) -> Obj<Thread> {
        self.give_message::<W>(call.sender, arguments, call.badge, call.switch.to);
        self.perform_delivery::<W>(call)
    }
}
