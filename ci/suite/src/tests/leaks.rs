//! No register of one thread shows in another.
//!
//! Two threads in address spaces of their own have complementary values in all registers that EL0
//! can read: x0 to x30, q0 to q31, NZCV, FPCR, FPSR, TPIDR_EL0, TPIDRRO_EL0. The core switches
//! between them in every way that there is, and each thread stores what it finds afterwards.

use abi::SystemCalls;
use heapless::Vec;
use libsys::window::Window;

use super::threads::{Clock, UNKNOWN, ms};
use crate::framework::code::register;
use crate::framework::prelude::*;

/// The tests.
pub const TESTS: &[Test] = &[
    test!(calls_between_active_threads_leak_nothing),
    test!(calls_of_a_passive_server_leak_nothing),
    test!(signals_leak_nothing),
    test!(faults_leak_nothing),
    test!(foreign_calls_leak_nothing),
    test!(interrupts_leak_nothing),
    test!(yields_leak_nothing),
    test!(a_fresh_thread_finds_zeroes),
];

/// Where the code is in the address space of each thread.
const PLACE: u64 = 0x40_0000_0000;
/// Bytes of a page.
const PAGE: u64 = 4096;
/// Pages with the memory of a thread's registers.
const DATA_PAGES: usize = 3;
/// Bytes of memory for what a step loads, and for what it stores.
const HALF: u64 = 1024;
/// Most steps of a program.
const MOST_STEPS: usize = DATA_PAGES * PAGE as usize / (2 * HALF as usize);
/// Words of a half: x0 to x30, from here on the special registers, and from SP on q0 to q31.
const SPECIAL: usize = 32;
const AT_SP: usize = 64;
const WORDS: usize = 128;
/// NZCV, FPCR, FPSR, TPIDR_EL0, and TPIDRRO_EL0 which EL0 may read only; with the bits that can be
/// written (Arm ARM C5.2; of FPCR the modes of rounding, flushing, NaN and half precision).
const SPECIALS: [(code::SystemRegister, u64); 5] = [
    (register::NZCV, 0xf000_0000),
    (register::FPCR, 0x07c0_0000),
    (register::FPSR, 0x0800_009f),
    (register::TPIDR, u64::MAX),
    (register::TPIDRRO, u64::MAX),
];
/// The number of the stack pointer.
const SP: u32 = 31;
/// Instructions of a step before its deed, and in all.
const BEFORE_DEED: u64 = 54;
const STEP: u64 = 113;

/// What a thread does between loading and storing all registers.
#[derive(Clone, Copy)]
enum Deed {
    /// `svc` with these values in x0 to x8; so many registers may change.
    Call([u64; 9], usize),
    /// Runs until it is told to go on.
    Spin,
}

/// A system call on a capability, with the reply object in x6 and four words.
fn call<T>(number: Syscall, cap: Cap<T>, reply: Cap<Reply>, changes: usize) -> Deed {
    let info = MessageInfo::new(0, 0, 4).0;
    let x = [cap.pointer(), info, 0x22, 0x33, 0x44, 0x55, reply.pointer(), number.number(), 0x88];
    Deed::Call(x, changes)
}

/// What a server does: it receives, and answers three times.
fn serving(endpoint: Cap<Endpoint>, reply: Cap<Reply>) -> [Deed; 4] {
    let next = call(Syscall::ReplyRecv, endpoint, reply, 6);
    [call(Syscall::Recv, endpoint, reply, 6), next, next, next]
}

/// The instructions of a step.
fn step(program: &mut Vec<u32, 1000>, deed: Deed) {
    let mut put = |instruction| assert!(program.push(instruction).is_ok(), "a short program");
    let below_sp = |word: usize| word as i32 - AT_SP as i32;
    (0..16).for_each(|pair| put(code::load_pair(2 * pair, SP, pair)));
    for (word, (special, _)) in (SPECIAL..).zip(SPECIALS).take(SPECIALS.len() - 1) {
        put(code::load_two(1, 2, SP, below_sp(word)));
        put(code::msr(special, 1));
    }
    (0..30).for_each(|t| put(code::load_two(t, t + 1, SP, below_sp(t as usize))));
    put(match deed {
        Deed::Call(..) => code::svc(0),
        Deed::Spin => code::SPIN,
    });
    put(code::add(SP, SP, HALF as u32));
    (0..16).for_each(|pair| put(code::store_pair(2 * pair, SP, pair)));
    (0..30).for_each(|t| put(code::store_two(t, t + 1, SP, below_sp(t as usize))));
    for (word, (special, _)) in (SPECIAL..).zip(SPECIALS) {
        put(code::mrs(1, special));
        put(code::store_two(1, 2, SP, below_sp(word)));
    }
    put(code::add(SP, SP, HALF as u32));
}

/// A thread with its program and memory.
struct Subject {
    bare: Bare,
    space: Cap<VSpace>,
    data: [Window; DATA_PAGES],
    deeds: Vec<Deed, MOST_STEPS>,
    /// What its registers have that those of the other have not.
    pattern: u64,
}

impl Subject {
    /// A thread that does this and ends with a fault, in an address space of its own.
    fn new(world: &mut World, deeds: &[Deed], pattern: u64) -> Outcome<Self> {
        let mut program = Vec::new();
        for (count, deed) in (1..).zip(deeds) {
            step(&mut program, *deed);
            check_eq!(program.len() as u64, count * STEP);
        }
        check!(program.push(code::UDF).is_ok());
        let space = world.space_with_tables(PLACE)?;
        let (text, page) = page_at(world, space, PLACE)?;
        for (offset, instruction) in (0..).step_by(4).zip(&program) {
            text.write_bytes(offset, &instruction.to_le_bytes());
        }
        page.unify_instruction(0..PAGE)?;
        let mut data = |page| page_at(world, space, data_address(pattern) + page * PAGE);
        let data = [data(0)?.0, data(1)?.0, data(2)?.0];
        let bare = world.bare(&[])?;
        bare.thread.set_space(bare.endpoint, Space::new(initial::CNODE, space))?;
        let deeds = Vec::from_slice(deeds).unwrap_or_default();
        let subject = Self { bare, space, data, deeds, pattern };
        subject.fill();
        Ok(subject)
    }

    /// The address in the root thread's space of a word in a half of the memory.
    fn place(&self, half: u64, word: usize) -> (&Window, u64) {
        let offset = half * HALF + 8 * word as u64;
        (&self.data[(offset / PAGE) as usize], offset % PAGE)
    }

    /// The value that a step loads.
    fn value(&self, step: usize, word: usize) -> u64 {
        let plain = 0x0123_4567_89ab_cdef_u64.rotate_left(5 * word as u32) ^ self.pattern;
        match self.deeds.get(step) {
            Some(Deed::Call(x, _)) if word < x.len() => x[word],
            _ => match SPECIALS.get(word.wrapping_sub(SPECIAL)) {
                Some((_, writable)) => plain & writable,
                None => plain,
            },
        }
    }

    /// Writes the values that all steps load.
    fn fill(&self) {
        for step in 0..self.deeds.len() {
            for word in 0..WORDS {
                let (window, offset) = self.place(2 * step as u64, word);
                window.write_word(offset, self.value(step, word));
            }
        }
    }

    /// Whether the first steps have stored what they have loaded.
    fn check_steps(&self, count: usize) -> Outcome {
        for (step, deed) in self.deeds.iter().enumerate().take(count) {
            let changes = if let Deed::Call(_, changes) = deed { *changes } else { 0 };
            let specials = SPECIAL..SPECIAL + SPECIALS.len();
            for word in (changes..31).chain(specials).chain(AT_SP..WORDS) {
                let (window, offset) = self.place(2 * step as u64 + 1, word);
                let found = window.read_word(offset);
                check_eq!((step, word, found), (step, word, self.value(step, word)));
            }
        }
        PASSED
    }

    /// Starts the thread.
    fn start(&self) -> Outcome {
        let rro = self.value(0, SPECIAL + SPECIALS.len() - 1);
        let context = UserContext::starting_at(PLACE, self.stack());
        self.bare.start(&context.with(Register::Tpidrro, rro))
    }

    /// Whether its next instruction is at this address.
    fn is_at(&self, address: u64) -> bool {
        self.bare.read().is_ok_and(|context| context.register(Register::Pc) == address)
    }

    fn stack(&self) -> u64 {
        data_address(self.pattern) + 8 * AT_SP as u64
    }

    /// Waits for the end of the program.
    fn join(&self) -> Outcome {
        check_eq!(self.bare.fault().info.label(), abi::fault::USER_EXCEPTION);
        self.check_steps(self.deeds.len())
    }
}

/// Where the data of a thread is: elsewhere for the other pattern, so that SP differs.
const fn data_address(pattern: u64) -> u64 {
    PLACE + 0x1_0000 + (pattern & 0x10_0000)
}

/// A page at an address of a space, and in the root thread's space.
fn page_at(world: &mut World, space: Cap<VSpace>, address: u64) -> Outcome<(Window, Cap<Page>)> {
    let page = world.create::<Page>()?;
    let window = world.map(page)?;
    let copy = world.copy(page, Rights::ALL)?;
    copy.map(space, address, Rights::READ_WRITE, VmAttributes::DEFAULT)?;
    Ok((window, page))
}

/// Two threads of complementary values; the second has the higher priority if asked.
fn pair(world: &mut World, first: &[Deed], second: &[Deed], higher: bool) -> Outcome<[Subject; 2]> {
    let subjects = [Subject::new(world, first, 0)?, Subject::new(world, second, u64::MAX)?];
    if higher {
        subjects[1].bare.thread.set_priority(initial::THREAD, 101)?;
    }
    Ok(subjects)
}

/// A client calls three times; the server's last step waits for ever.
fn calls(world: &mut World, passive: bool) -> Outcome {
    let (endpoint, reply) = (world.create()?, world.create()?);
    let client = [call(Syscall::Call, endpoint, reply, 6); 3];
    let [client, server] = pair(world, &client, &serving(endpoint, reply), true)?;
    server.start()?;
    world.settle()?;
    if passive {
        server.bare.context.unbind()?;
    }
    client.start()?;
    client.join()?;
    server.check_steps(3)
}

/// Call and ReplyRecv, each thread with time of its own.
fn calls_between_active_threads_leak_nothing(world: &mut World) -> Outcome {
    calls(world, false)
}

/// Call and ReplyRecv on the client's time.
fn calls_of_a_passive_server_leak_nothing(world: &mut World) -> Outcome {
    calls(world, true)
}

/// Wait, and Send to a notification, which wakes a thread of higher priority.
fn signals_leak_nothing(world: &mut World) -> Outcome {
    let (bell, none) = (world.create::<Notification>()?, Cap::<Reply>::NULL);
    let signals = [call(Syscall::Send, bell, none, 0); 3];
    let waits = [call(Syscall::Wait, bell, none, 1); 3];
    let [ringer, waiter] = pair(world, &signals, &waits, true)?;
    waiter.start()?;
    world.settle()?;
    ringer.start()?;
    waiter.join()?;
    ringer.join()
}

/// Faults to the root thread, which lets the other thread run before it answers.
fn faults_leak_nothing(world: &mut World) -> Outcome {
    let (bell, none) = (world.create::<Notification>()?, Cap::<Reply>::NULL);
    let unknown = [1, 2, 3, 4, 5, 6, 7, UNKNOWN, 9];
    let waits = [call(Syscall::Wait, bell, none, 1); 3];
    let [faulter, other] = pair(world, &[Deed::Call(unknown, 0); 3], &waits, true)?;
    other.start()?;
    faulter.start()?;
    for _ in 0..3 {
        let address = faulter.bare.fault().fault_address().unwrap_or(0);
        world.settle()?;
        bell.signal();
        world.settle()?;
        let mut words = unknown;
        words[8] = address + 4;
        faulter.bare.answer(0, &words);
    }
    faulter.join()?;
    other.join()
}

/// Foreign calls to a server that answers with a word, on its own time and on the caller's.
fn foreign_calls_leak_nothing(world: &mut World) -> Outcome {
    for passive in [false, true] {
        let (endpoint, reply) = (world.create::<Endpoint>()?, world.create::<Reply>()?);
        let call = [Deed::Call([0, 1, 2, 3, 4, 5, 6, 7, 8], 1); 3];
        let mut answers = serving(endpoint, reply);
        for deed in &mut answers {
            if let Deed::Call(x, _) = deed {
                x[1] = MessageInfo::new(0, 0, 1).0;
            }
        }
        let [caller, server] = pair(world, &call, &answers, true)?;
        caller.bare.thread.set_system_calls(SystemCalls::Foreign)?;
        caller.bare.thread.set_space(endpoint, Space::new(initial::CNODE, caller.space))?;
        server.start()?;
        world.settle()?;
        if passive {
            server.bare.context.unbind()?;
        }
        caller.start()?;
        // The end of the caller's program is the last fault that the server hears of.
        server.join()?;
        caller.check_steps(3)?;
    }
    PASSED
}

/// Time slices of 1 ms, the ends of which interrupt two threads again and again.
fn interrupts_leak_nothing(world: &mut World) -> Outcome {
    let subjects = pair(world, &[Deed::Spin; 2], &[Deed::Spin; 2], false)?;
    let clock = Clock::new(world)?;
    for subject in &subjects {
        let slice = Budget::round_robin(ms(1));
        world.sched_control(0).configure(subject.bare.context, slice)?;
        subject.start()?;
    }
    for step in 0..2 {
        let spin = PLACE + 4 * (step * STEP + BEFORE_DEED);
        let all_spin = || subjects.iter().all(|subject| subject.is_at(spin));
        check!(clock.until(all_spin)?, "they never came to step {step}");
        clock.sleep(ms(20))?;
        for subject in &subjects {
            subject.bare.thread.write_first_registers(false, &[spin + 4])?;
        }
    }
    subjects.iter().try_for_each(Subject::join)
}

/// Yield between threads of one priority.
fn yields_leak_nothing(world: &mut World) -> Outcome {
    let yields = [call(Syscall::Yield, Cap::<()>::NULL, Cap::NULL, 0); MOST_STEPS];
    let subjects = pair(world, &yields, &yields, false)?;
    subjects.iter().try_for_each(Subject::start)?;
    subjects.iter().try_for_each(Subject::join)
}

/// A thread that never ran, behind one that has used all registers.
fn a_fresh_thread_finds_zeroes(world: &mut World) -> Outcome {
    let yields = [call(Syscall::Yield, Cap::<()>::NULL, Cap::NULL, 0)];
    let [dirty, fresh] = pair(world, &yields, &yields, false)?;
    dirty.start()?;
    fresh.bare.thread.set_priority(initial::THREAD, 99)?;
    let registers = [PLACE + 4 * (BEFORE_DEED + 1), fresh.stack()];
    fresh.bare.thread.write_first_registers(true, &registers)?;
    dirty.join()?;
    check_eq!(fresh.bare.fault().info.label(), abi::fault::USER_EXCEPTION);
    for word in (0..31).chain(SPECIAL..SPECIAL + SPECIALS.len()).chain(AT_SP..WORDS) {
        let (window, offset) = fresh.place(1, word);
        check_eq!((word, window.read_word(offset)), (word, 0));
    }
    PASSED
}
