//! A few machine instructions as words (Arm ARM C6.2), for threads that must do exactly this and
//! nothing else, and a place to run them from.

use abi::{Rights, VmAttributes};
use libsys::bootstrap::AddressSpace;
use libsys::object::Page;

use super::outcome::Outcome;
use super::world::World;

/// `svc #immediate`.
pub const fn svc(immediate: u32) -> u32 {
    0xd400_0001 | (immediate & 0xffff) << 5
}

/// `hvc #0`.
pub const HVC: u32 = 0xd400_0002;
/// `smc #0`.
pub const SMC: u32 = 0xd400_0003;
/// `brk #0`.
pub const BRK: u32 = 0xd420_0000;
/// `udf #0`.
pub const UDF: u32 = 0;
/// `nop`.
pub const NOP: u32 = 0xd503_201f;
/// `b .`: runs for ever.
pub const SPIN: u32 = 0x1400_0000;
/// `wfi`.
pub const WFI: u32 = 0xd503_207f;
/// `wfe`.
pub const WFE: u32 = 0xd503_205f;
/// `fmov d0, #1.0`: touches the floating-point unit.
pub const FMOV: u32 = 0x1e6e_1000;

/// `b` by so many instructions.
pub const fn branch(words: i32) -> u32 {
    SPIN | words.cast_unsigned() & 0x03ff_ffff
}

/// `mov xD, #immediate` (16 bits, the rest zero).
pub const fn mov(d: u32, immediate: u32) -> u32 {
    0xd280_0000 | (immediate & 0xffff) << 5 | d
}

/// `add xD, xN, #immediate` (12 bits).
pub const fn add(d: u32, n: u32, immediate: u32) -> u32 {
    0x9100_0000 | (immediate & 0xfff) << 10 | n << 5 | d
}

/// `ldr xT, [xN]`.
pub const fn load(t: u32, n: u32) -> u32 {
    0xf940_0000 | n << 5 | t
}

/// `str xT, [xN]`.
pub const fn store(t: u32, n: u32) -> u32 {
    0xf900_0000 | n << 5 | t
}

/// `ldp xT, xU, [xN, #8 * word]`, words from -64 to 63.
pub const fn load_two(t: u32, u: u32, n: u32, word: i32) -> u32 {
    0xa940_0000 | (word.cast_unsigned() & 0x7f) << 15 | u << 10 | n << 5 | t
}

/// `stp xT, xU, [xN, #8 * word]`, words from -64 to 63.
pub const fn store_two(t: u32, u: u32, n: u32, word: i32) -> u32 {
    0xa900_0000 | (word.cast_unsigned() & 0x7f) << 15 | u << 10 | n << 5 | t
}

/// `ldp qT, q(T+1), [xN, #32 * pair]`.
pub const fn load_pair(t: u32, n: u32, pair: u32) -> u32 {
    0xad40_0000 | (2 * pair) << 15 | (t + 1) << 10 | n << 5 | t
}

/// `stp qT, q(T+1), [xN, #32 * pair]`.
pub const fn store_pair(t: u32, n: u32, pair: u32) -> u32 {
    0xad00_0000 | (2 * pair) << 15 | (t + 1) << 10 | n << 5 | t
}

/// A system register by its five numbers: op0, op1, CRn, CRm, op2.
pub type SystemRegister = [u32; 5];

const fn system([op0, op1, crn, crm, op2]: SystemRegister, t: u32) -> u32 {
    (op0 & 1) << 19 | op1 << 16 | crn << 12 | crm << 8 | op2 << 5 | t
}

/// `mrs xT, register`.
pub const fn mrs(t: u32, register: SystemRegister) -> u32 {
    0xd530_0000 | system(register, t)
}

/// `msr register, xT`.
pub const fn msr(register: SystemRegister, t: u32) -> u32 {
    0xd510_0000 | system(register, t)
}

/// Cache maintenance and the like, `dc` or `ic` with xT: op1, CRn, CRm, op2.
pub const fn maintain([op1, crn, crm, op2]: [u32; 4], t: u32) -> u32 {
    0xd508_0000 | op1 << 16 | crn << 12 | crm << 8 | op2 << 5 | t
}

/// Registers that tests read or write.
pub mod register {
    use super::SystemRegister;

    /// TPIDR_EL0.
    pub const TPIDR: SystemRegister = [3, 3, 13, 0, 2];
    /// TPIDRRO_EL0.
    pub const TPIDRRO: SystemRegister = [3, 3, 13, 0, 3];
    /// CNTFRQ_EL0.
    pub const CNTFRQ: SystemRegister = [3, 3, 14, 0, 0];
    /// CNTPCT_EL0.
    pub const CNTPCT: SystemRegister = [3, 3, 14, 0, 1];
    /// CNTVCT_EL0.
    pub const CNTVCT: SystemRegister = [3, 3, 14, 0, 2];
    /// CNTP_CTL_EL0.
    pub const CNTP_CTL: SystemRegister = [3, 3, 14, 2, 1];
    /// CNTV_CTL_EL0.
    pub const CNTV_CTL: SystemRegister = [3, 3, 14, 3, 1];
    /// PMCCNTR_EL0.
    pub const PMCCNTR: SystemRegister = [3, 3, 9, 13, 0];
    /// CTR_EL0.
    pub const CTR: SystemRegister = [3, 3, 0, 0, 1];
    /// DCZID_EL0.
    pub const DCZID: SystemRegister = [3, 3, 0, 0, 7];
    /// DAIF.
    pub const DAIF: SystemRegister = [3, 3, 4, 2, 1];
    /// NZCV.
    pub const NZCV: SystemRegister = [3, 3, 4, 2, 0];
    /// FPCR.
    pub const FPCR: SystemRegister = [3, 3, 4, 4, 0];
    /// FPSR.
    pub const FPSR: SystemRegister = [3, 3, 4, 4, 1];
    /// SCTLR_EL1: never accessible.
    pub const SCTLR_EL1: SystemRegister = [3, 0, 1, 0, 0];
}

impl World {
    /// Puts instructions into a fresh executable page of the root's address space and answers
    /// the address of the first.
    pub fn code(&mut self, instructions: &[u32]) -> Outcome<u64> {
        let page = self.create::<Page>()?;
        let window = libsys::window::Window::map(
            &mut self.allocator,
            page,
            libsys::window::MemoryKind::Ram,
        )?;
        for (instruction, offset) in instructions.iter().zip((0..).step_by(4)) {
            window.write_bytes(offset, &instruction.to_le_bytes());
        }
        page.unify_instruction(0..4096)?;
        page.map(
            AddressSpace::initial().vspace(),
            window.address(),
            Rights::READ_WRITE,
            VmAttributes::DEFAULT,
        )?;
        Ok(window.address())
    }
}
