//! No register value of a thread that is marked as making foreign calls reaches a native call.
//!
//! The thread loads all its registers from memory and executes `svc`, again and again. What the
//! kernel answers is the address of that memory, as the call's result: so the loop goes on only
//! if the handler was told, and nothing else happened.

use abi::foreign::LENGTH;
use abi::{ForeignCall, SystemCalls};
use libsys::foreign::Answer;
use libsys::println;
use libsys::window::Window;

use crate::framework::prelude::*;

/// The tests.
pub const TESTS: &[Test] = &[
    test!(no_number_of_a_native_call_has_an_effect),
    test!(no_registers_have_an_effect),
    test!(no_registers_have_an_effect_with_a_full_cspace),
];

/// For so long a test tries random register files.
const TIME: Duration = Duration::from_secs(2);
/// At least so many.
const FEW: u64 = 1000;
/// Between two looks at all registers.
const LOOK: u64 = 1000;
/// General registers.
const REGISTERS: usize = 31;

/// A marked thread in a loop, and the memory of its registers.
struct Loop {
    bare: Bare,
    file: Window,
    answered: bool,
}

impl Loop {
    /// The thread, with this CSpace, or one without a capability.
    fn new(world: &mut World, cspace: Option<Cap<CNode>>) -> Outcome<Self> {
        let mut code = heapless::Vec::<u32, 32>::new();
        for t in 1..REGISTERS as u32 - 1 {
            check!(code.push(code::load_two(t, t + 1, 0, t as i32)).is_ok());
        }
        let back = -(code.len() as i32) - 2;
        for instruction in [code::load(0, 0), code::svc(0), code::branch(back)] {
            check!(code.push(instruction).is_ok());
        }
        let bare = world.bare(&code)?;
        let cspace = match cspace {
            Some(cspace) => cspace,
            None => world.cnode(4)?,
        };
        let file = world.window(1)?;
        bare.thread.set_space(bare.endpoint, Space::new(cspace, initial::VSPACE))?;
        bare.thread.set_system_calls(SystemCalls::Foreign)?;
        bare.start(&bare.with_arguments(&[file.address()]))?;
        Ok(Self { bare, file, answered: false })
    }

    /// Lets the thread make a call with these registers; the next call with this word of its
    /// registers tells that nothing else happened.
    fn call(&mut self, x: &[u64; REGISTERS]) -> Outcome<Received> {
        for (offset, value) in (0..).step_by(8).zip(x) {
            self.file.write_word(offset, *value);
        }
        let Bare { endpoint, reply, .. } = self.bare;
        let answer = Answer::Result(self.file.address());
        let found = if self.answered {
            endpoint.reply_recv(reply, answer.message())
        } else {
            endpoint.recv(reply)
        };
        self.answered = true;
        let resume = self.bare.code + 4 * REGISTERS as u64;
        let [x0, x1, x2, x3, x4, x5, ..] = *x;
        let call = ForeignCall { number: x[8], arguments: [x0, x1, x2, x3, x4, x5], resume };
        check_eq!(found.info, MessageInfo::new(abi::foreign::LABEL, 0, LENGTH));
        check_eq!(found.foreign_call(), Some(call));
        Ok(found)
    }

    /// Whether the thread, which waits for its answer, has these registers.
    fn look(&self, x: &[u64; REGISTERS]) -> Outcome {
        let found = self.bare.read()?;
        for (number, value) in (0..).zip(x) {
            check_eq!((number, found.register(Register::X(number))), (number, *value));
        }
        PASSED
    }
}

/// A source of numbers: xorshift64*.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: u64) -> u64 {
        (self.next() >> 11) % limit
    }

    /// A register file in which the numbers, capability addresses and message words that a native
    /// call could mean are frequent.
    fn file(&mut self) -> [u64; REGISTERS] {
        let mut x = core::array::from_fn(|_| self.next());
        let kinds = self.next();
        if kinds & 1 != 0 {
            x[7] = self.below(40).wrapping_neg();
        }
        for (bit, index) in [(2, 0), (4, 6), (8, 8)] {
            if kinds & bit != 0 {
                x[index] = self.below(64);
            }
        }
        if kinds & 16 != 0 {
            x[1] = MessageInfo::new(self.below(60), 0, 4).0;
        }
        x
    }
}

fn play(world: &mut World, seed: u64, cspace: Option<Cap<CNode>>) -> Outcome {
    let mut chance = Chance(seed);
    let mut marked = Loop::new(world, cspace)?;
    let board = world.board();
    // Its budget ends with the yield, and comes back when the time is over.
    let alarm = world.timed(255, Budget::periodic(TIME / 2, TIME));
    world.spawn_with(alarm, move || {
        syscall::yield_now();
        board.set(0, 1);
    })?;
    let mut files = 0;
    while board.get(0) == 0 || files < FEW {
        let x = chance.file();
        marked.call(&x)?;
        if files % LOOK == 0 {
            marked.look(&x)?;
        }
        files += 1;
    }
    println!("{files} register files");
    PASSED
}

/// Every x7 from -64 to 64, in an empty CSpace and in a full one.
fn no_number_of_a_native_call_has_an_effect(world: &mut World) -> Outcome {
    for cspace in [None, Some(initial::CNODE)] {
        let mut marked = Loop::new(world, cspace)?;
        for number in -64..=64_i64 {
            let mut x = core::array::from_fn(|index| index as u64 + 1);
            x[7] = number.cast_unsigned();
            marked.call(&x)?;
            marked.look(&x)?;
        }
        marked.bare.thread.suspend()?;
    }
    PASSED
}

/// Random registers in an empty CSpace.
fn no_registers_have_an_effect(world: &mut World) -> Outcome {
    play(world, 0x5eed, None)
}

/// Random registers with the capabilities of the initial thread at hand.
fn no_registers_have_an_effect_with_a_full_cspace(world: &mut World) -> Outcome {
    play(world, 0xf00d, Some(initial::CNODE))
}
