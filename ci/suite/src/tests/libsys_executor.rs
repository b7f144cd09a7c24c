//! libsys: many calls in flight on one thread.

use core::pin::pin;
use core::sync::atomic::{AtomicU64, Ordering};

use super::boot_machine::exported;
use super::threads::{note, order};
use crate::framework::prelude::*;
use libsys::executor::{Arrival, Clock as _, Counter, Executor, NoClock, Reactor, Storage, Ticks};
use libsys::foreign::SystemCalls;
use libsys::interface;
use libsys::ring::{Consumer, Doorbell, Producer, Shape};
use libsys::server::{CallError, Origin, Reception};

/// The tests.
pub const TESTS: &[Test] = &[
    test!(calls_wait_for_times_beside_each_other),
    test!(a_waiting_call_does_not_stop_another),
    test!(clients_beyond_the_reply_objects_wait_their_turn),
    test!(a_dropped_call_is_answered),
    test!(foreign_calls_wait_beside_each_other),
    test!(a_task_takes_elements_from_another_address_space),
    test!(the_counter_tells_the_time),
];

interface! {
    /// Waits on behalf of others.
    pub mod waiter {
        type Error = core::convert::Infallible;

        /// Waits until the clock shows so many milliseconds; answers what it shows.
        Until = 1: fn until(milliseconds: u64) -> u64;
        /// Waits for signals.
        Wait = 2: fn wait(mask: u64) -> u64;
        /// Answers at once.
        Echo = 3: fn echo(word: u64) -> u64;
        /// Drops the call.
        Drop = 4: fn drop_it();
    }
}

/// What a test's clock shows, in milliseconds.
static TICKS: AtomicU64 = AtomicU64::new(0);

/// Reply objects of the server: calls in flight.
const CALLS: usize = 4;

/// A server that waits, for clients with the badge 1.
struct Server {
    /// Without a badge.
    inner: Cap<Endpoint>,
    endpoint: Cap<Endpoint>,
    bell: Cap<Notification>,
}

impl Server {
    fn start(w: &mut World) -> Outcome<Self> {
        TICKS.store(0, Ordering::SeqCst);
        let (endpoint, bell) = (w.create()?, w.create()?);
        let reception = Reception::new(endpoint).with_signals(bell);
        let mut replies = [Cap::NULL; CALLS];
        for reply in &mut replies {
            *reply = w.create::<Reply>()?;
        }
        let server = w.helper(w.options(110))?;
        server.thread().bind_notification(bell)?;
        server.start(move || serve(reception, replies))?;
        Ok(Self { inner: endpoint, endpoint: w.mint(endpoint, Rights::ALL, 1)?, bell })
    }

    fn client(&self) -> waiter::Client {
        waiter::Client::new(self.endpoint)
    }

    /// The notification with the badge of one signal.
    fn signal(&self, w: &mut World, bit: u32) -> Outcome<Cap<Notification>> {
        w.mint(self.bell, Rights::ALL, Origin::signal_badge(bit).0)
    }

    /// Lets the time begin: a tick each millisecond.
    fn start_clock(&self, w: &mut World) -> Outcome {
        let bell = self.signal(w, 0)?;
        let time = Budget::periodic(Duration::from_micros(200), Duration::from_millis(1));
        let ticker = w.helper(w.timed(120, time))?;
        ticker.start(move || Ticks::new(&TICKS, Duration::from_millis(1)).run(bell))
    }
}

/// What a task is about.
enum Job<Call, Foreign> {
    /// A call through the interface.
    Call(Call),
    /// A system call of another system: waits for the signal of its number, and answers the sum
    /// of the component and an argument.
    Foreign(Foreign),
}

fn serve(reception: Reception, replies: [Cap<Reply>; CALLS]) {
    let clock = Ticks::new(&TICKS, Duration::from_millis(1));
    let reactor = &Reactor::<_, _, 8>::new(reception, clock, replies);
    let storage = pin!(Storage::<_, 8>::new());
    let Some(mut executor) = Executor::new(storage) else { return };
    executor.run(reactor, |arrival| {
        let job = match arrival {
            Arrival::Call { request, caller } => Job::Call(waiter::Call::accept(&request, caller)?),
            Arrival::Fault { component, message, caller } => {
                Job::Foreign((component, message.foreign_call()?, caller))
            }
        };
        Some(async move {
            let call = match job {
                Job::Call(call) => call,
                Job::Foreign((component, call, caller)) => {
                    reactor.signalled(1 << call.number).await;
                    return caller.resume(component + call.arguments[0]);
                }
            };
            match call {
                waiter::Call::Until(asked) => {
                    reactor.sleep_until(Duration::from_millis(asked.milliseconds)).await;
                    asked.answer(Ok(reactor.now().as_millis() as u64));
                }
                waiter::Call::Wait(asked) => {
                    let found = reactor.signalled(asked.mask).await;
                    asked.answer(Ok(found));
                }
                waiter::Call::Echo(asked) => {
                    let word = asked.word;
                    asked.answer(Ok(word));
                }
                waiter::Call::Drop(asked) => drop(asked),
            }
        })
    });
}

fn calls_wait_for_times_beside_each_other(w: &mut World) -> Outcome {
    let server = Server::start(w)?;
    let (client, board) = (server.client(), w.board());
    let mut helpers = heapless::Vec::<Helper, 4>::new();
    for (number, time) in [(1, 40), (2, 10), (3, 30), (4, 20)] {
        let helper = w.spawn(100, move || {
            if let Ok(shown) = client.until(time) {
                note(number);
                board.add(8, u64::from(shown >= time));
            }
        })?;
        check!(helpers.push(helper).is_ok());
    }
    w.settle()?;
    check_eq!(order(), 0);
    server.start_clock(w)?;
    helpers.iter().for_each(Helper::join);
    check_eq!(order(), 0x2431);
    check_eq!(board.get(8), 4);
    PASSED
}

fn a_waiting_call_does_not_stop_another(w: &mut World) -> Outcome {
    let server = Server::start(w)?;
    let (client, board) = (server.client(), w.board());
    let waiting = w.spawn(100, move || {
        if let Ok(found) = client.wait(0b110) {
            board.set(8, found);
        }
    })?;
    w.settle()?;
    for word in 0..50 {
        check_eq!(client.echo(word), Ok(word));
    }
    server.signal(w, 3)?.signal();
    check_eq!(client.echo(7), Ok(7));
    check_eq!(board.get(8), 0);
    server.signal(w, 2)?.signal();
    waiting.join();
    check_eq!(board.get(8), 0b100);
    // The signal that nobody waited for is still there.
    check_eq!(client.wait(0b1000), Ok(0b1000));
    PASSED
}

fn clients_beyond_the_reply_objects_wait_their_turn(w: &mut World) -> Outcome {
    let server = Server::start(w)?;
    let (client, board) = (server.client(), w.board());
    let bell = server.signal(w, 5)?;
    let mut helpers = heapless::Vec::<Helper, 12>::new();
    for _ in 0..12 {
        let helper = w.spawn(100, move || {
            if client.wait(1 << 5) == Ok(1 << 5) {
                board.add(8, 1);
            }
        })?;
        check!(helpers.push(helper).is_ok());
    }
    // Each signal is taken by one call.
    for answered in 1..=12 {
        bell.signal();
        w.settle()?;
        check_eq!(board.get(8), answered);
    }
    helpers.iter().for_each(Helper::join);
    check_eq!(client.echo(1), Ok(1));
    PASSED
}

fn a_dropped_call_is_answered(w: &mut World) -> Outcome {
    let client = Server::start(w)?.client();
    for _ in 0..2 * CALLS {
        check_eq!(client.drop_it(), Err(CallError::Abandoned));
    }
    PASSED
}

/// What a server of another system's programs does: each system call in flight is a future.
fn foreign_calls_wait_beside_each_other(w: &mut World) -> Outcome {
    let server = Server::start(w)?;
    let board = w.board();
    for component in 1..=3 {
        // Makes the call and stores its result; then a fault that is no call stops it.
        let program = w.bare(&[code::svc(0), code::store(0, 1), code::UDF])?;
        program.thread.set_system_calls(SystemCalls::Foreign)?;
        let handler = w.mint(server.inner, Rights::ALL, Origin::fault_badge(component).0)?;
        let (thread, context) = (program.thread, program.context);
        thread.set_sched_params(initial::THREAD, 90, 90, context, handler)?;
        let word = board.address(8 + component as usize);
        let start = program.with_arguments(&[component * 100, word]);
        program.start(&start.with(Register::X(8), 10 + component))?;
    }
    w.settle()?;
    check_eq!(server.client().echo(1), Ok(1));
    for component in [2, 3, 1] {
        let place = 8 + component as usize;
        check_eq!(board.get(place), 0);
        server.signal(w, 10 + component as u32)?.signal();
        w.settle()?;
        check_eq!(board.get(place), component * 101);
    }
    PASSED
}

/// The root thread itself runs the executor; a neighbour rings with signal 6.
fn a_task_takes_elements_from_another_address_space(w: &mut World) -> Outcome {
    const COUNT: u64 = 500;
    let Some(shape) = Shape::new(8, 16) else { return PASSED };
    let bell = w.create::<Notification>()?;
    initial::THREAD.bind_notification(bell)?;
    let neighbour = w.neighbour(100)?;
    let (window, shared) = w.shared_with(&neighbour)?;
    let full = w.mint(bell, Rights::ALL, Origin::signal_badge(6).0)?;
    let free = w.create()?;
    neighbour.start(move || {
        let bell = Doorbell { peer: full, own: free };
        let Ok(mut ring) = Producer::new(shared.window(), shape, bell) else { return };
        let mut next = 1;
        while next <= COUNT {
            match ring.reserve() {
                Ok(Some(mut slot)) => {
                    slot.write_words(0, &[next]);
                    slot.commit();
                    next += 1;
                    ring.flush();
                }
                _ => drop(ring.wait()),
            }
        }
    })?;
    let reception = Reception::new(w.create()?).with_signals(bell);
    let reactor = Reactor::<_, _, 2>::new(reception, NoClock, [w.create()?]);
    // This side only rings; it sleeps in the executor.
    let Ok(mut ring) = Consumer::new(&window, shape, free) else { return PASSED };
    let mut sum = 0;
    let task = async {
        for _ in 0..COUNT {
            let Ok(_) = reactor.elements(&mut ring, 1 << 6).await else { break };
            let Ok(Some(slot)) = ring.peek() else { break };
            let mut word = [0];
            slot.read_words(0, &mut word);
            slot.release();
            ring.flush();
            sum += word[0];
        }
        reactor.stop();
    };
    {
        let storage = pin!(Storage::<_, 1>::new());
        let Some(mut executor) = Executor::new(storage) else { return PASSED };
        check!(executor.spawn(task).is_ok());
        executor.run(&reactor, |_| None);
    }
    check_eq!(sum, COUNT * (COUNT + 1) / 2);
    PASSED
}

fn the_counter_tells_the_time(w: &mut World) -> Outcome {
    skip_if!(!exported("vcounter"), "the counter is not exported");
    let clock = super::threads::Clock::new(w)?;
    let counter = Counter::new(|_| {});
    let before = counter.now();
    clock.sleep(Duration::from_millis(20))?;
    let passed = counter.now() - before;
    check!(passed >= Duration::from_millis(20), "{passed:?} for 20 ms");
    PASSED
}
