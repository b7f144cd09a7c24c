//! Calls to the firmware: start a core, switch off (Arm DEN 0022).

use smccc::psci::{self, error::Error};
use smccc::{Call, Hvc, Smc};

use super::facts::Once;
use crate::board::Conduit;
use crate::contract::StartError;

/// The conduit before the device tree is read, and after.
static CONDUIT: Once<Option<Conduit>> = Once::new();

/// Note the way to the firmware.
///
/// # Safety
/// As for [`Once::set`].
pub(super) unsafe fn set_conduit(conduit: Option<Conduit>) {
    // SAFETY: passed on.
    unsafe { CONDUIT.set(conduit) };
}

/// Start the core of this affinity at physical address `entry` with `context` in x0.
pub(super) fn start(
    conduit: Option<Conduit>,
    affinity: u64,
    entry: u64,
    context: u64,
) -> Result<(), StartError> {
    let answer = match conduit {
        Some(Conduit::Hvc) => psci::cpu_on::<Hvc>(affinity, entry, context),
        Some(Conduit::Smc) => psci::cpu_on::<Smc>(affinity, entry, context),
        None => return Err(StartError::NoFirmware),
    };
    answer.map_err(|error| match error {
        Error::AlreadyOn | Error::OnPending => StartError::AlreadyOn,
        other => StartError::Refused(other.into()),
    })
}

/// Call the secure monitor with these registers. The function number is the low half of x0, as
/// the calling convention has it.
pub(super) fn secure_monitor_call(registers: [u64; 8]) -> [u64; 8] {
    let [function, arguments @ ..] = registers;
    let mut all = [0; 17];
    all[..arguments.len()].copy_from_slice(&arguments);
    let answer = Smc::call64((function & 0xffff_ffff) as u32, all);
    core::array::from_fn(|register| answer[register])
}

/// Switch the machine off, or stop this core if nothing can.
pub(super) fn power_off() -> ! {
    let _ = match CONDUIT.get().copied().flatten() {
        Some(Conduit::Hvc) => psci::system_off::<Hvc>(),
        Some(Conduit::Smc) => psci::system_off::<Smc>(),
        None => Ok(()),
    };
    loop {
        aarch64_cpu::asm::wfe();
    }
}
