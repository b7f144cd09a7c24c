//! objects §12: several cores, under load: whatever threads of all cores do to each other at the
//! same time, no wake-up is lost, no register is another thread's, and nobody gets stuck.

use super::threads::{Clock, LONG_SLICE, ms};
use crate::framework::prelude::*;
use core::hint::black_box;
use libsys::worker::Options;

/// The tests.
pub const TESTS: &[Test] = &[
    test!(no_wakeup_is_lost),
    test!(running_threads_survive_whatever_is_done_to_them),
    test!(running_threads_can_be_deleted_at_any_time),
];

/// How long each test runs. How much it does in that time depends on the host.
const SPAN: Duration = ms(200);

/// Word of the board for what must never happen.
const WRONG: usize = 100;
/// Word of the board that ends what runs until the end.
const END: usize = 101;
/// First word with the pairs that have ended.
const ENDED: usize = 102;
/// Word of the board that counts what was done to running threads.
const DISTURBED: usize = 110;
/// Threads to which it is done.
const WORKERS: usize = 6;
/// First word of the workers' progress.
const PROGRESS: usize = 20;

/// Options of a helper on a core.
fn on(w: &World, core: u64, priority: u8) -> Options {
    Options { core: w.sched_control(core), ..w.timed(priority, LONG_SLICE) }
}

/// A sequence that looks random (xorshift, Marsaglia 2003).
struct Dice(u64);

impl Dice {
    /// A number below `limit`.
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }
}

/// Time that the root thread spends.
struct Span(Duration);

impl Span {
    /// Whether it is over. The root thread has not waited meanwhile.
    fn is_over(&mut self) -> Outcome<bool> {
        self.0 += initial::SCHED_CONTEXT.consumed()?;
        Ok(self.0 > SPAN)
    }
}

/// Notes something that must never happen.
fn ensure(holds: bool) {
    if !holds {
        Board::shared().add(WRONG, 1);
    }
}

/// Fills floating-point registers and computes with them.
fn float(seed: u64) -> [u64; 8] {
    let mut numbers: [f64; 8] =
        core::array::from_fn(|index| 0.1 + ((seed + index as u64) % 80) as f64 / 100.0);
    for _ in 0..20 {
        for number in &mut numbers {
            *number = 3.9 * *number * (1.0 - *number);
        }
    }
    numbers.map(f64::to_bits)
}

/// Whether floating point gives twice the same.
fn floats_are_kept(seed: u64) -> bool {
    float(black_box(seed)) == float(black_box(seed))
}

/// Pairs of threads on different cores wake each other by turns, until the end: if a wake-up was
/// lost, its pair would not come to it.
fn no_wakeup_is_lost(w: &mut World) -> Outcome {
    skip_if!(w.cores() < 2, "there is one core");
    let mut pairs = heapless::Vec::<_, 8>::new();
    for core in 0..w.cores() {
        let (there, back) = (w.create::<Notification>()?, w.create::<Notification>()?);
        let (other, number) = ((core + 1) % w.cores(), core as usize);
        let (first, second) = (w.helper(on(w, core, 10))?, w.helper(on(w, other, 10))?);
        pairs.extend([(first, second, there, back, number)]);
    }
    let clock = Clock::new(w)?;
    for (first, second, there, back, number) in &pairs {
        let (there, back, number) = (*there, *back, *number);
        first.start(move || ping(there, back, number))?;
        second.start(move || pong(there, back, number))?;
    }
    clock.sleep(SPAN)?;
    w.board().set(END, 1);
    for (first, second, ..) in &pairs {
        first.join();
        second.join();
    }
    PASSED
}

/// Signals and waits until the end.
fn ping(there: Cap<Notification>, back: Cap<Notification>, number: usize) {
    while Board::shared().get(END) == 0 {
        there.signal();
        back.wait();
        Board::shared().add(PROGRESS + number, 1);
    }
    Board::shared().set(ENDED + number, 1);
    there.signal();
}

/// Waits and signals until the partner has ended.
fn pong(there: Cap<Notification>, back: Cap<Notification>, number: usize) {
    loop {
        there.wait();
        if Board::shared().get(ENDED + number) != 0 {
            return;
        }
        back.signal();
    }
}

/// A server that adds one.
fn serve(endpoint: Cap<Endpoint>, reply: Cap<Reply>) {
    let mut got = endpoint.recv(reply);
    for round in 0.. {
        ensure(floats_are_kept(round));
        got = endpoint.reply_recv(reply, Message::new(0, &[got.word(0) + 1]));
    }
}

/// Calls a server until the end, and looks whether everything is as it should be.
fn work(endpoint: Cap<Endpoint>, number: usize) {
    let mut round = number as u64 * 1_000_000;
    while Board::shared().get(END) == 0 {
        ensure(endpoint.call(Message::new(0, &[round])).word(0) == round + 1);
        ensure(floats_are_kept(round));
        Board::shared().add(PROGRESS + number, 1);
        round += 1;
    }
}

/// Threads that call servers on other cores are migrated, stopped, read and written meanwhile,
/// by two others.
fn running_threads_survive_whatever_is_done_to_them(w: &mut World) -> Outcome {
    skip_if!(w.cores() < 2, "there is one core");
    let (active, passive) = (w.create::<Endpoint>()?, w.create::<Endpoint>()?);
    let replies = [w.create::<Reply>()?, w.create::<Reply>()?];
    w.spawn_with(on(w, 1, 20), move || serve(active, replies[0]))?;
    let server = w.spawn(20, move || serve(passive, replies[1]))?;
    w.settle()?;
    server.context().unbind()?;
    let cores = w.cores();
    let mut workers = heapless::Vec::<Helper, WORKERS>::new();
    for number in 0..WORKERS {
        let options = on(w, 1 + number as u64 % (cores - 1), 10);
        workers.extend([w.helper(options)?]);
    }
    let others: [_; WORKERS] =
        core::array::from_fn(|index| (workers[index].thread(), workers[index].context()));
    let controls: [_; 8] = core::array::from_fn(|core| w.sched_control(core as u64));
    let second = w.helper(on(w, cores - 1, 250))?;
    for (number, worker) in workers.iter().enumerate() {
        let endpoint = if number < WORKERS / 2 { active } else { passive };
        worker.start(move || work(endpoint, number))?;
    }
    second.start(move || {
        let mut dice = Dice(0x1234_5678_9abc);
        while Board::shared().get(END) == 0 {
            let (thread, context) = others[dice.below(WORKERS as u64) as usize];
            let control = controls[1 + dice.below(cores - 1) as usize];
            ensure(disturb_gently(thread, context, control, &mut dice).is_ok());
            Board::shared().add(DISTURBED, 1);
        }
    })?;
    let mut dice = Dice(0x9876_5432_1234);
    let mut span = Span(Duration::ZERO);
    while !span.is_over()? {
        let index = dice.below(WORKERS as u64) as usize;
        let (thread, context) = others[index];
        if index < WORKERS / 2 && dice.below(2) == 0 {
            disturb_registers(thread, &mut dice)?;
        } else {
            let control = controls[1 + dice.below(cores - 1) as usize];
            disturb_gently(thread, context, control, &mut dice)?;
        }
        w.board().add(DISTURBED, 1);
    }
    w.board().set(END, 1);
    second.join();
    for (number, (thread, context)) in others.into_iter().enumerate() {
        thread.set_priority(initial::THREAD, 10)?;
        let core = 1 + number as u64 % (cores - 1);
        w.sched_control(core).configure(context, Budget::round_robin(ms(10)))?;
    }
    for worker in &workers {
        worker.join();
    }
    check_eq!(w.board().get(WRONG), 0);
    PASSED
}

/// What may be done to a thread without others noticing.
fn disturb_gently(
    thread: Cap<Thread>,
    context: Cap<SchedContext>,
    control: Cap<SchedControl>,
    dice: &mut Dice,
) -> Result<(), Error> {
    match dice.below(8) {
        0..=2 => control.configure(context, LONG_SLICE),
        3 => control.configure(context, Budget::periodic(ms(1), ms(2))),
        4 => thread.set_priority(initial::THREAD, 5 + dice.below(10) as u8),
        5 => context.consumed().map(|_| ()),
        6 => context.yield_to().map(|_| ()),
        _ => thread.read_registers(false, 36).map(|_| ()),
    }
}

/// What only one at a time may do to a thread.
fn disturb_registers(thread: Cap<Thread>, dice: &mut Dice) -> Result<(), Error> {
    if dice.below(2) == 0 {
        thread.suspend()?;
        return thread.resume();
    }
    let registers = thread.read_registers(true, 36)?;
    thread.write_registers(true, &registers)
}

/// What a victim does: system calls and computation, for ever.
extern "C" fn suffer(argument: u64) -> ! {
    let endpoint = Cap::<Endpoint>::at(argument);
    for round in 0.. {
        ensure(floats_are_kept(round));
        ensure(endpoint.call(Message::new(0, &[round])).word(0) == round + 1);
        Board::shared().add(PROGRESS, 1);
    }
    unreachable!("numbers do not end")
}

/// A thread is destroyed while it runs, calls or waits, in several ways, and made anew in the
/// same memory.
fn running_threads_can_be_deleted_at_any_time(w: &mut World) -> Outcome {
    skip_if!(w.cores() < 2, "there is one core");
    let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    w.spawn_with(on(w, 1, 20), move || serve(endpoint, reply))?;
    let mould = w.helper(on(w, 1, 10))?;
    let (thread, context) = (w.slot::<Thread>()?, w.slot::<SchedContext>()?);
    let memory = [w.untyped(11)?, w.untyped(8)?];
    let mut dice = Dice(0x0dd_ba11);
    let mut span = Span(Duration::ZERO);
    while !span.is_over()? {
        let core = 1 + dice.below(w.cores() - 1);
        memory[0].retype(
            ObjectType::Thread,
            0,
            SlotRange::within(initial::CNODE, thread.pointer(), 1),
        )?;
        memory[1].retype(
            ObjectType::SchedContext,
            8,
            SlotRange::within(initial::CNODE, context.pointer(), 1),
        )?;
        w.sched_control(core).configure(context, LONG_SLICE)?;
        let space = Space::new(initial::CNODE, initial::VSPACE);
        thread.configure(space, mould.worker.buffer.address(), mould.worker.buffer_page)?;
        thread.set_sched_params(initial::THREAD, 10, 10, context, Cap::<Endpoint>::NULL)?;
        let before = w.board().get(PROGRESS);
        thread.write_registers(true, &mould.worker.registers(suffer, endpoint.pointer()))?;
        while w.board().get(PROGRESS) < before + dice.below(4) {
            core::hint::spin_loop();
        }
        w.board().add(DISTURBED, 1);
        if dice.below(2) == 0 {
            w.revoke(memory[1])?;
            w.revoke(memory[0])?;
        } else {
            w.delete(thread)?;
            w.delete(context)?;
        }
    }
    check_eq!(w.board().get(WRONG), 0);
    PASSED
}
