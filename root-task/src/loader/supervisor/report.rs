//! What is said of a component that has failed: its registers, and how it got there.

use abi::registers::Register;
use libsys::object::UserContext;
use libsys::println;
use libsys::symbols::Symbols;
use packed::Cell;

use super::super::Loader;
use super::remains;

/// Most calls that are listed.
const CALLS: usize = 32;
/// General registers.
const GENERAL: u8 = 31;

impl Loader {
    /// Prints the registers of a thread that stands still, and its calls, innermost first.
    pub(super) fn report(&mut self, thread: Cell) {
        let Ok(registers) = self.thread(thread).read_registers(false, 36) else { return };
        print_registers(&registers);
        let mut rows = self.image.layout.threads.rows();
        let space = rows.find(|row| row.thread == thread).and_then(|row| row.vspace);
        if let Some(space) = space {
            self.print_calls(space, &registers);
        }
    }

    fn print_calls(&mut self, space: Cell, registers: &UserContext) {
        let modules = self.modules_in(space);
        let names = remains::symbols(&modules);
        let [pc, lr] = [Register::Pc, Register::X(30)].map(|register| registers.register(register));
        println!("  calls:");
        print_call(names, pc, pc);
        let mut records = Records { at: registers.register(Register::X(29)) };
        let first = records.next(self, space);
        // Until a function has stored its record, the caller is in a register only.
        let function = |address| names.lookup(address).map(|(name, _)| name);
        let is_news = first != Some(lr) && function(lr.wrapping_sub(4)) != function(pc);
        if is_news && function(lr.wrapping_sub(4)).is_some() {
            print_call(names, lr, lr.wrapping_sub(4));
        }
        let mut next = first;
        for _ in 0..CALLS {
            let Some(address) = next else { return };
            // The address behind the call may be that of the next function.
            print_call(names, address, address.wrapping_sub(4));
            next = records.next(self, space);
        }
    }
}

fn print_call(names: Symbols<'_>, address: u64, inside: u64) {
    match names.lookup(inside) {
        Some((name, _)) => println!("    {address:#010x} {name}"),
        None => println!("    {address:#010x}"),
    }
}

/// Frame records (AAPCS64, 6.4.6): the address of the caller's record, and the return address.
struct Records {
    at: u64,
}

impl Records {
    /// The next return address. A damaged chain ends: each record lies above the last one, in
    /// memory.
    fn next(&mut self, loader: &mut Loader, space: Cell) -> Option<u64> {
        let above = loader.word_in(space, self.at)?;
        let address = loader.word_in(space, self.at.checked_add(8)?)?;
        // The end of the chain, or one that leads back, leads nowhere.
        self.at = if above > self.at { above } else { 1 };
        (address != 0).then_some(address)
    }
}

fn print_registers(registers: &UserContext) {
    let value = |register| registers.register(register);
    let (pc, sp) = (value(Register::Pc), value(Register::Sp));
    let (flags, tpidr) = (value(Register::Spsr), value(Register::Tpidr));
    println!("  pc  {pc:#018x}  sp  {sp:#018x}  spsr {flags:#010x}  tpidr {tpidr:#x}");
    for first in (0..GENERAL).step_by(4) {
        let mut line = heapless::String::<128>::new();
        for number in first..GENERAL.min(first + 4) {
            use core::fmt::Write;
            // Four of them fit.
            let _ = write!(line, "  x{number:<2} {:#018x}", value(Register::X(number)));
        }
        println!("{line}");
    }
}
