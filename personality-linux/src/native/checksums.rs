//! The library of the file system asks the processor, at its first checksum, whether it has an
//! instruction for them, by reading a register that only the kernel may read (ID_AA64ISAR0_EL1,
//! Arm ARM D17.2.61). It remembers the answer. So a thread of its own asks, faults, and goes on
//! behind that instruction: whatever it then finds in its own register is the answer. Every
//! processor of the boards here has the instruction; without it, checksums are right, too.

use abi::registers::{Register, USER_CONTEXT};
use libsys::memory::{Memory, Objects, Space};
use libsys::object::{Endpoint, SchedControl};
use libsys::worker::Options;
use libsys::{Cap, thread};

use super::Failure;
use super::parts::PRIORITY;

/// Bytes of an instruction.
const INSTRUCTION: u64 = 4;

/// Lets the library ask.
///
/// # Errors
/// Too little memory, or what the kernel refuses.
pub(super) fn learn(
    memory: &mut Memory,
    space: &mut Space,
    core: Cap<SchedControl>,
) -> Result<(), Failure> {
    let faults = memory.create::<Endpoint>()?;
    let options = Options { priority: PRIORITY, fault_handler: faults, ..Options::new(core) };
    let ask = rsext4::crc32c::arm64::is_hardware_crc32_supported;
    let asking = thread::spawn_in(memory, space, options, ask)?;
    // It has nothing to say but that it cannot read the register.
    let _ = faults.wait();
    let asker = asking.worker.thread;
    let context = asker.read_registers(true, USER_CONTEXT.len() as u64)?;
    let behind = context.register(Register::Pc) + INSTRUCTION;
    asker.write_registers(true, &context.with(Register::Pc, behind))?;
    // However it ends, the library knows.
    let _ = asking.join_in(memory, space)?;
    Ok(memory.free(faults)?)
}
