//! What the kernel keeps of the machine for each thread (objects.md §11, the last paragraph).

use crate::framework::code;
use crate::framework::prelude::*;
use abi::registers::Register;
use libsys::worker::Options;

/// The tests of this module.
pub const TESTS: &[Test] = &[
    test!(system_calls_clear_the_exclusive_monitor),
    test!(preemption_clears_the_exclusive_monitor),
    test!(threads_have_vector_registers_of_their_own),
];

/// `ldxr x1, [x0]`.
const LOAD_EXCLUSIVE: u32 = 0xc85f_7c01;
/// `stxr w2, x1, [x0]`: w2 becomes 0 if the monitor still holds, else 1.
const STORE_EXCLUSIVE: u32 = 0xc802_7c01;

/// Runs instructions to their end, an unknown system call; x0 is a word of memory.
fn run(w: &mut World, instructions: &[u32], number: u64) -> Outcome<UserContext> {
    let start = w.code(instructions)?;
    let address = w.window(1)?.address();
    let handler = w.create::<Endpoint>()?;
    let options = Options { fault_handler: handler, ..w.options(10) };
    let thread = w.helper(options)?.thread();
    let registers = UserContext::starting_at(start, 0)
        .with(Register::X(0), address)
        .with(Register::X(7), number);
    thread.write_registers(true, &registers)?;
    check_eq!(handler.wait().fault(), Some(Fault::UnknownSyscall { number: 0 }));
    Ok(thread.read_registers(false, 36)?)
}

/// The end of a run.
const END: [u32; 2] = [code::mov(7, 0), code::svc(0)];

/// "The local exclusive monitor must be cleared on every kernel exit": by a system call.
fn system_calls_clear_the_exclusive_monitor(w: &mut World) -> Outcome {
    let [mov, svc] = END;
    let kept = run(w, &[LOAD_EXCLUSIVE, STORE_EXCLUSIVE, mov, svc], 0)?;
    check_eq!(kept.register(Register::X(2)), 0);
    let yielding = Syscall::Yield.number();
    let code = [LOAD_EXCLUSIVE, code::svc(0), STORE_EXCLUSIVE, mov, svc];
    let cleared = run(w, &code, yielding)?;
    check_eq!(cleared.register(Register::X(2)), 1);
    PASSED
}

/// The same where another thread runs between the two instructions.
fn preemption_clears_the_exclusive_monitor(w: &mut World) -> Outcome {
    let address = w.window(1)?.address();
    let handler = w.create::<Endpoint>()?;
    let reply = w.create::<Reply>()?;
    let [mov, svc] = END;
    let start = w.code(&[LOAD_EXCLUSIVE, code::UDF, STORE_EXCLUSIVE, mov, svc])?;
    let options = Options { fault_handler: handler, ..w.options(10) };
    let thread = w.helper(options)?.thread();
    let registers = UserContext::starting_at(start, 0).with(Register::X(0), address);
    thread.write_registers(true, &registers)?;
    check!(matches!(handler.recv(reply).fault(), Some(Fault::UserException { .. })));
    // Go on behind the undefined instruction.
    reply.send(Message::new(0, &[start + 8]));
    check_eq!(handler.recv(reply).fault(), Some(Fault::UnknownSyscall { number: 0 }));
    let after = thread.read_registers(false, 36)?;
    check_eq!(after.register(Register::X(2)), 1);
    PASSED
}

/// "each thread has its own full FP/SIMD state; eager or lazy switching is invisible".
///
/// Three threads load all vector registers from memory, yield to each other, and store them again.
fn threads_have_vector_registers_of_their_own(w: &mut World) -> Outcome {
    let mut code = heapless::Vec::<u32, 64>::new();
    let pairs = |instruction: fn(u32, u32, u32) -> u32, base: u32| {
        (0..16).map(move |pair| instruction(2 * pair, base, pair))
    };
    code.extend(pairs(code::load_pair, 0));
    code.extend([code::svc(0)]);
    code.extend(pairs(code::store_pair, 8));
    code.extend(END);
    let start = w.code(&code)?;
    let handler = w.create::<Endpoint>()?;
    let mut windows = heapless::Vec::<_, 3>::new();
    for index in 1..4 {
        let window = w.window(1)?;
        for word in 0..64 {
            window.write_word(8 * word, index << 32 | word);
        }
        let options = Options { fault_handler: handler, ..w.options(10) };
        let thread = w.helper(options)?.thread();
        let registers = UserContext::starting_at(start, 0)
            .with(Register::X(0), window.address())
            .with(Register::X(8), window.address() + 0x400)
            .with(Register::X(7), Syscall::Yield.number());
        thread.write_registers(true, &registers)?;
        let _ = windows.push(window);
    }
    for _ in 0..3 {
        check_eq!(handler.wait().fault(), Some(Fault::UnknownSyscall { number: 0 }));
    }
    for (index, window) in (1..).zip(&windows) {
        for word in 0..64 {
            check_eq!(window.read_word(0x400 + 8 * word), index << 32 | word);
        }
    }
    PASSED
}
