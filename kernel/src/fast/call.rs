//! `Call` on an endpoint at which a passive server waits.

use abi::MessageInfo;
use platform::contract::Arguments;

use super::Miss;
use super::deliver::Delivery;
use crate::kernel::Kernel;
use crate::mem::Obj;
use crate::thread::Thread;

impl Kernel {
    #[inline(always)]
    pub(super) fn check_call(&self, arguments: &Arguments) -> Result<Delivery, Miss> {
        let caller = self.undisturbed()?;
        if MessageInfo(arguments.0[1]).extra_caps() > 0 {
            return Err(Miss::ExtraCaps);
        }
        let cap = self.named(caller, arguments.0[0])?;
        self.check_delivery(caller, cap)
    }

    #[inline(always)]
    pub(super) fn perform_call(&mut self, call: &Delivery, arguments: &Arguments) -> Obj<Thread> {
        self.give_message(call.sender, arguments, call.badge, call.switch.to);
        self.perform_delivery(call)
    }
}
