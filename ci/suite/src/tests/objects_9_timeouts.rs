//! objects §9.4 and abi §8.4: timeout faults.

use super::threads::{AGES, Clock, LONG_SLICE, count_in, keep, kept, ms, note, order};
use crate::framework::prelude::*;
use abi::fault::TIMEOUT;

/// The tests.
pub const TESTS: &[Test] = &[
    test!(exhaustion_is_reported),
    test!(the_message_of_a_timeout),
    test!(a_round_robin_thread_has_no_timeouts),
    test!(a_thread_without_handler_has_no_timeouts),
    test!(a_removed_handler_is_not_told),
    test!(the_message_starts_the_consumption_again),
    test!(a_faulter_without_context_sends_one_word),
    test!(an_answered_thread_waits_for_its_refill),
    test!(an_answered_thread_uses_a_new_configuration),
    test!(an_answer_with_a_label_stops_the_thread),
    test!(an_answer_sets_registers),
    test!(a_timeout_lends_nothing),
    test!(a_server_reports_its_callers_context),
    test!(a_caller_that_gets_an_empty_context_back_reports_it),
    test!(a_handler_can_answer_for_the_server),
];

/// A budget that is used up soon and never refilled, with badge 0x77.
const ONCE: Budget = Budget { badge: Badge(0x77), ..Budget::periodic(ms(20), AGES) };

/// A helper that counts in word 1, whose exhaustion is told to an endpoint with badge 9.
struct Watched {
    helper: Helper,
    handler: Cap<Endpoint>,
    reply: Cap<Reply>,
}

impl Watched {
    fn new(w: &mut World, time: Budget) -> Outcome<Self> {
        let (handler, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
        let badged = w.mint(handler, Rights::ALL, 9)?;
        let helper = w.helper(w.timed(10, time))?;
        helper.thread().set_timeout_endpoint(badged)?;
        helper.start(|| count_in(1))?;
        Ok(Self { helper, handler, reply })
    }

    /// One that has used up its budget.
    fn exhausted(w: &mut World) -> Outcome<Self> {
        let watched = Self::new(w, ONCE)?;
        w.settle()?;
        Ok(watched)
    }
}

/// "After charging an exhausted thread: timeout fault if it has a timeout handler".
fn exhaustion_is_reported(w: &mut World) -> Outcome {
    let watched = Watched::exhausted(w)?;
    let got = watched.handler.nb_recv(watched.reply);
    check_eq!(got.fault(), Some(Fault::Timeout { badge: 0x77 }));
    PASSED
}

/// abi §8.4: "Timeout: 0 data = badge configured on the exhausted SC, 1 consumed microseconds";
/// "badge = badge of the handler cap, extraCaps 0".
fn the_message_of_a_timeout(w: &mut World) -> Outcome {
    let watched = Watched::exhausted(w)?;
    let got = watched.handler.nb_recv(watched.reply);
    check_eq!((got.badge, got.info), (9, MessageInfo::new(TIMEOUT, 0, 2)));
    check_eq!(got.word(0), 0x77);
    check!(got.word(1) >= 19_000, "consumed {} of 20000 us", got.word(1));
    PASSED
}

/// "timeout fault if it has a timeout handler and is not round robin".
fn a_round_robin_thread_has_no_timeouts(w: &mut World) -> Outcome {
    let clock = Clock::new(w)?;
    let watched = Watched::new(w, Budget::round_robin(ms(1)))?;
    clock.sleep(ms(20))?;
    check_eq!(watched.handler.nb_recv(watched.reply).info, MessageInfo(0));
    PASSED
}

/// "timeout fault if it has a timeout handler": the fault handler is another one.
fn a_thread_without_handler_has_no_timeouts(w: &mut World) -> Outcome {
    let handler = w.create::<Endpoint>()?;
    let options = libsys::worker::Options { time: Some(ONCE), ..w.handled(10, handler) };
    w.spawn_with(options, || count_in(1))?;
    w.settle()?;
    check_eq!(handler.nb_wait().info, MessageInfo(0));
    PASSED
}

/// §5: SetTimeoutEndpoint: "null removes".
fn a_removed_handler_is_not_told(w: &mut World) -> Outcome {
    let watched = Watched::new(w, ONCE)?;
    watched.helper.thread().set_timeout_endpoint(Cap::NULL)?;
    w.settle()?;
    check_eq!(watched.handler.nb_recv(watched.reply).info, MessageInfo(0));
    PASSED
}

/// abi §8.4: "consumed microseconds since last query (this read resets the counter)".
fn the_message_starts_the_consumption_again(w: &mut World) -> Outcome {
    let watched = Watched::exhausted(w)?;
    check!(watched.handler.nb_recv(watched.reply).word(1) > 0);
    check_eq!(watched.helper.context().consumed(), Ok(Duration::ZERO));
    PASSED
}

/// abi §8.4: "2 (1 if the faulter has no SC)".
fn a_faulter_without_context_sends_one_word(w: &mut World) -> Outcome {
    let watched = Watched::exhausted(w)?;
    watched.helper.context().unbind()?;
    let got = watched.handler.nb_recv(watched.reply);
    check_eq!(got.info, MessageInfo::new(TIMEOUT, 0, 1));
    PASSED
}

/// §8: "otherwise timeout fault (if ... the fault just answered was not itself a timeout) else
/// wait in the release queue".
fn an_answered_thread_waits_for_its_refill(w: &mut World) -> Outcome {
    let clock = Clock::new(w)?;
    let watched = Watched::exhausted(w)?;
    watched.handler.nb_recv(watched.reply);
    let before = w.board().get(1);
    watched.reply.send(Message::EMPTY);
    clock.sleep(ms(5))?;
    check_eq!(w.board().get(1), before);
    check_eq!(watched.handler.nb_recv(watched.reply).info, MessageInfo(0));
    PASSED
}

/// What handlers do: give more time, then let the thread go on.
fn an_answered_thread_uses_a_new_configuration(w: &mut World) -> Outcome {
    let watched = Watched::exhausted(w)?;
    for round in 0..3 {
        let got = watched.handler.nb_recv(watched.reply);
        check_eq!((round, got.info.label()), (round, TIMEOUT));
        w.sched_control(0).configure(watched.helper.context(), ONCE)?;
        let before = w.board().get(1);
        watched.reply.send(Message::EMPTY);
        w.settle()?;
        check!(w.board().get(1) > before);
    }
    PASSED
}

/// abi §8.4: Timeout: "label 0 resume, else Inactive".
fn an_answer_with_a_label_stops_the_thread(w: &mut World) -> Outcome {
    let clock = Clock::new(w)?;
    let watched = Watched::exhausted(w)?;
    watched.handler.nb_recv(watched.reply);
    w.sched_control(0).configure(watched.helper.context(), LONG_SLICE)?;
    let before = w.board().get(1);
    watched.reply.send(Message::new(1, &[]));
    clock.sleep(ms(3))?;
    check_eq!(w.board().get(1), before);
    watched.helper.thread().resume()?;
    check!(clock.until(|| Board::shared().get(1) > before)?);
    PASSED
}

/// Where an answer sends its thread.
extern "C" fn landed() -> ! {
    Board::shared().set(2, 0x1a9d);
    loop {
        let _ = libsys::current_thread().suspend();
    }
}

/// abi §8.4: "Reply: up to 34 registers in the order FaultIP, SP, SPSR, ...".
fn an_answer_sets_registers(w: &mut World) -> Outcome {
    let watched = Watched::exhausted(w)?;
    watched.handler.nb_recv(watched.reply);
    w.sched_control(0).configure(watched.helper.context(), LONG_SLICE)?;
    let landed: extern "C" fn() -> ! = landed;
    let stack = watched.helper.worker.stack.end();
    watched.reply.send(Message::new(0, &[landed as usize as u64, stack]));
    w.settle()?;
    check_eq!(w.board().get(2), 0x1a9d);
    PASSED
}

/// abi §8.5: "Passive handlers receive the faulter's SC (not for timeouts)."
fn a_timeout_lends_nothing(w: &mut World) -> Outcome {
    let watched = Watched::new(w, ONCE)?;
    let (handler, reply) = (watched.handler, watched.reply);
    let passive = w.spawn(20, move || keep(1, handler.recv(reply)))?;
    watched.helper.thread().suspend()?;
    w.settle()?;
    passive.context().unbind()?;
    watched.helper.thread().resume()?;
    w.settle()?;
    check!(!passive.has_finished());
    check_eq!(watched.helper.context().unbind_object(watched.helper.thread()), Ok(()));
    passive.context().bind(passive.thread())?;
    w.settle()?;
    check_eq!(kept(1).info.label(), TIMEOUT);
    PASSED
}

/// A passive server that counts in word 1 for its caller.
struct Served {
    server: Helper,
    caller: Helper,
    reply: Cap<Reply>,
}

impl Served {
    /// The server's and the caller's timeout handlers; the caller calls at once.
    fn new(w: &mut World, handlers: [Cap<Endpoint>; 2]) -> Outcome<Self> {
        let (endpoint, reply) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
        let server = w.spawn(20, move || {
            endpoint.recv(reply);
            count_in(1);
        })?;
        w.settle()?;
        server.context().unbind()?;
        let caller = w.helper(w.timed(10, Budget::periodic(AGES / 2, AGES)))?;
        server.thread().set_timeout_endpoint(handlers[0])?;
        caller.thread().set_timeout_endpoint(handlers[1])?;
        caller.start(move || {
            keep(1, endpoint.call(Message::EMPTY));
            note(1);
        })?;
        // The budget is cut when the server works.
        let clock = Clock::new(w)?;
        check!(clock.until(|| Board::shared().get(1) > 0)?);
        w.sched_control(0).configure(caller.context(), ONCE)?;
        w.settle()?;
        Ok(Self { server, caller, reply })
    }
}

/// The thread that runs has the fault, the context that is exhausted the badge.
fn a_server_reports_its_callers_context(w: &mut World) -> Outcome {
    let (mine, other) = (w.create::<Endpoint>()?, w.create::<Endpoint>()?);
    let served = Served::new(w, [mine, other])?;
    check_eq!(mine.nb_wait().fault(), Some(Fault::Timeout { badge: 0x77 }));
    check_eq!(other.nb_wait().info, MessageInfo(0));
    check!(!served.caller.has_finished() && !served.server.has_finished());
    PASSED
}

/// §8: "After release: ... SC ready and with >= MIN_BUDGET -> schedulable; otherwise timeout
/// fault (if it has a timeout handler ...)". The document leaves open where a thread goes on that
/// was answered and then stopped; its call is done, so it is not repeated.
fn a_caller_that_gets_an_empty_context_back_reports_it(w: &mut World) -> Outcome {
    let handler = w.create::<Endpoint>()?;
    let answer = w.create::<Reply>()?;
    let served = Served::new(w, [Cap::NULL, handler])?;
    check_eq!(handler.nb_recv(answer).info, MessageInfo(0));
    served.reply.send(Message::new(3, &[]));
    check_eq!(handler.nb_recv(answer).fault(), Some(Fault::Timeout { badge: 0x77 }));
    w.sched_control(0).configure(served.caller.context(), LONG_SLICE)?;
    answer.send(Message::EMPTY);
    w.settle()?;
    check_eq!(order(), 1);
    check_eq!(kept(1).info.label(), 3);
    PASSED
}

/// What systems use timeouts for: the handler aborts the request of a caller that gave too
/// little time. The caller gets its empty context back.
fn a_handler_can_answer_for_the_server(w: &mut World) -> Outcome {
    let (handler, answer) = (w.create::<Endpoint>()?, w.create::<Reply>()?);
    let served = Served::new(w, [handler, Cap::NULL])?;
    check_eq!(handler.nb_recv(answer).info.label(), TIMEOUT);
    served.reply.send(Message::new(3, &[]));
    w.settle()?;
    check_eq!(order(), 0);
    check_eq!(served.caller.context().unbind_object(served.caller.thread()), Ok(()));
    w.context(0)?.bind(served.caller.thread())?;
    w.settle()?;
    check_eq!(order(), 1);
    check_eq!(kept(1).info.label(), 3);
    PASSED
}
