//! objects §9.5: domains. With the boot option `tessera.domains=N` also what they do.

use super::threads::{Clock, count_in, ms, note, order};
use super::tools::{call, invoke};
use crate::framework::code;
use crate::framework::prelude::*;
use abi::registers::Register;

/// The tests.
pub const TESTS: &[Test] = &[
    test!(other_labels_are_illegal),
    test!(set_needs_a_word),
    test!(set_needs_an_existing_domain),
    test!(set_needs_a_capability),
    test!(set_needs_a_thread),
    test!(set_checks_in_order),
    test!(set_moves_a_thread),
    test!(an_entry_needs_three_words),
    test!(the_last_entry_stays_an_end_marker),
    test!(an_entry_needs_an_existing_domain),
    test!(durations_are_bounded),
    test!(only_domain_zero_marks_the_end),
    test!(the_start_entry_is_no_end_marker),
    test!(an_entry_can_be_set),
    test!(the_start_needs_a_word),
    test!(the_start_is_an_entry),
    test!(an_end_marker_is_no_start),
    test!(the_start_can_be_set),
    test!(a_thread_of_another_domain_waits),
    test!(domains_take_turns),
    test!(priorities_do_not_count_between_domains),
    test!(the_start_takes_effect_at_once),
    test!(a_thread_can_leave_the_domain),
    test!(a_thread_comes_back),
    test!(a_new_thread_has_the_current_domain),
];

/// Durations are below this.
const DURATION_END: u64 = 1 << 56;
/// Ticks of a millisecond.
const MILLISECOND: u64 = abi::time::REFERENCE_KHZ;

/// Number of domains. Asks without a thread: what is refused is the domain, or the thread.
fn domains() -> u64 {
    let exists = |domain| {
        let answer = invoke(initial::DOMAIN, Invocation::DomainSet, &[domain], &[0]);
        answer.err() == Some(Error::InvalidArgument(1))
    };
    (0..=256).find(|domain| !exists(*domain)).unwrap_or(0)
}

/// Number of entries of the schedule (abi §12).
fn entries() -> u64 {
    if domains() == 1 { 2 } else { 100 }
}

fn entry(words: &[u64]) -> Result<(), Error> {
    invoke(initial::DOMAIN, Invocation::DomainScheduleConfigure, words, &[]).map(|_| ())
}

fn start(words: &[u64]) -> Result<(), Error> {
    invoke(initial::DOMAIN, Invocation::DomainScheduleSetStart, words, &[]).map(|_| ())
}

/// "Unknown label for an object: Illegal."
fn other_labels_are_illegal(_: &mut World) -> Outcome {
    let thread = initial::THREAD.pointer();
    let (first, last) = (Invocation::DomainSet, Invocation::DomainScheduleSetStart);
    for label in [0, 1, first.label() - 1, last.label() + 1] {
        let result = call(initial::DOMAIN, label, &[0, 0, 0], &[thread]);
        check_err!(result, Error::IllegalOperation);
    }
    PASSED
}

/// Set: "len 0 Trunc".
fn set_needs_a_word(_: &mut World) -> Outcome {
    let thread = initial::THREAD.pointer();
    let result = invoke(initial::DOMAIN, Invocation::DomainSet, &[], &[thread]);
    check_err!(result, Error::TruncatedMessage);
    PASSED
}

/// Set: "domain >= count InvArg 0".
fn set_needs_an_existing_domain(_: &mut World) -> Outcome {
    let thread = initial::THREAD.pointer();
    for domain in [domains(), 255, 256, u64::MAX] {
        let result = invoke(initial::DOMAIN, Invocation::DomainSet, &[domain], &[thread]);
        check_err!(result, Error::InvalidArgument(0));
    }
    PASSED
}

/// Set: "cap missing Trunc".
fn set_needs_a_capability(_: &mut World) -> Outcome {
    let result = invoke(initial::DOMAIN, Invocation::DomainSet, &[0], &[]);
    check_err!(result, Error::TruncatedMessage);
    PASSED
}

/// Set: "not TCB InvArg 1".
fn set_needs_a_thread(w: &mut World) -> Outcome {
    for pointer in [0, initial::DOMAIN.pointer(), w.create::<Endpoint>()?.pointer()] {
        let result = invoke(initial::DOMAIN, Invocation::DomainSet, &[0], &[pointer]);
        check_err!(result, Error::InvalidArgument(1));
    }
    PASSED
}

/// Set: the domain is looked at before the capability.
fn set_checks_in_order(_: &mut World) -> Outcome {
    for caps in [&[][..], &[0]] {
        let result = invoke(initial::DOMAIN, Invocation::DomainSet, &[256], caps);
        check_err!(result, Error::InvalidArgument(0));
    }
    PASSED
}

/// Set: "moves thread; self allowed".
fn set_moves_a_thread(w: &mut World) -> Outcome {
    let thread = w.thread()?;
    for domain in (0..domains()).rev() {
        let domain = u8::try_from(domain).unwrap_or(0);
        check_eq!(initial::DOMAIN.set(domain, thread), Ok(()));
    }
    check_eq!(initial::DOMAIN.set(0, initial::THREAD), Ok(()));
    PASSED
}

/// ScheduleConfigure: "len<3 Trunc".
fn an_entry_needs_three_words(_: &mut World) -> Outcome {
    for words in [&[][..], &[0], &[0, 0]] {
        check_err!(entry(words), Error::TruncatedMessage);
    }
    PASSED
}

/// ScheduleConfigure: "index >= N-1 Range(0,N-2)", abi §12: "domain schedule entries 2 with one
/// domain, else 100".
fn the_last_entry_stays_an_end_marker(_: &mut World) -> Outcome {
    let last = entries() - 1;
    for index in [last, last + 1, u64::MAX] {
        let range = Error::Range { min: 0, max: last - 1 };
        check_err!(entry(&[index, 0, MILLISECOND]), range);
        check_err!(entry(&[index, 999, DURATION_END]), range);
    }
    PASSED
}

/// ScheduleConfigure: "domain >= count Range(0,count-1)".
fn an_entry_needs_an_existing_domain(_: &mut World) -> Outcome {
    let count = domains();
    for domain in [count, 255, 256, u64::MAX] {
        let range = Error::Range { min: 0, max: count - 1 };
        check_err!(entry(&[0, domain, MILLISECOND]), range);
        check_err!(entry(&[0, domain, DURATION_END]), range);
    }
    PASSED
}

/// ScheduleConfigure: "duration >= 2^56 InvArg 2".
fn durations_are_bounded(_: &mut World) -> Outcome {
    for duration in [DURATION_END, u64::MAX] {
        check_err!(entry(&[0, 0, duration]), Error::InvalidArgument(2));
    }
    check_eq!(entry(&[0, 0, DURATION_END - 1]), Ok(()));
    PASSED
}

/// ScheduleConfigure: "duration 0 and domain != 0 InvArg 1".
fn only_domain_zero_marks_the_end(_: &mut World) -> Outcome {
    skip_if!(domains() == 1, "there is one domain");
    check_err!(entry(&[1, 1, 0]), Error::InvalidArgument(1));
    check_err!(entry(&[0, 1, 0]), Error::InvalidArgument(1));
    check_eq!(entry(&[1, 0, 0]), Ok(()));
    PASSED
}

/// ScheduleConfigure: "index = start and duration 0 InvArg 2".
fn the_start_entry_is_no_end_marker(_: &mut World) -> Outcome {
    check_err!(entry(&[0, 0, 0]), Error::InvalidArgument(2));
    PASSED
}

/// ScheduleConfigure succeeds.
fn an_entry_can_be_set(_: &mut World) -> Outcome {
    check_eq!(initial::DOMAIN.configure_schedule(0, 0, DURATION_END - 1), Ok(()));
    PASSED
}

/// ScheduleSetStart: "Trunc".
fn the_start_needs_a_word(_: &mut World) -> Outcome {
    check_err!(start(&[]), Error::TruncatedMessage);
    PASSED
}

/// ScheduleSetStart: "index >= N Range(0,N-1)".
fn the_start_is_an_entry(_: &mut World) -> Outcome {
    let count = entries();
    for index in [count, count + 1, u64::MAX] {
        check_err!(start(&[index]), Error::Range { min: 0, max: count - 1 });
    }
    PASSED
}

/// ScheduleSetStart: "entry is end marker InvArg 0": the last entry always is one.
fn an_end_marker_is_no_start(_: &mut World) -> Outcome {
    for index in [1, entries() - 1] {
        check_err!(start(&[index]), Error::InvalidArgument(0));
    }
    PASSED
}

/// ScheduleSetStart succeeds.
fn the_start_can_be_set(_: &mut World) -> Outcome {
    check_eq!(initial::DOMAIN.set_schedule_start(0), Ok(()));
    PASSED
}

/// A schedule: the first entries, then an end marker. When it is dropped, the first entry is
/// domain 0 for ever again.
struct Schedule {
    length: u64,
}

impl Schedule {
    /// Sets the entries and starts with the one at `first`.
    fn new(entries: &[(u8, u64)], first: u64) -> Outcome<Self> {
        let schedule = Self { length: entries.len() as u64 };
        for (index, (domain, duration)) in (0..).zip(entries) {
            initial::DOMAIN.configure_schedule(index, *domain, *duration)?;
        }
        initial::DOMAIN.set_schedule_start(first)?;
        Ok(schedule)
    }
}

impl Drop for Schedule {
    fn drop(&mut self) {
        // Nothing here is refused: the first entry stays one, the others may become end markers.
        let _ = initial::DOMAIN.configure_schedule(0, 0, DURATION_END - 1);
        let _ = initial::DOMAIN.set_schedule_start(0);
        for index in 1..self.length {
            let _ = initial::DOMAIN.configure_schedule(index, 0, 0);
        }
    }
}

/// A helper in domain 1 that runs a closure.
fn foreigner<F>(w: &mut World, priority: u8, closure: F) -> Outcome<Helper>
where
    F: FnOnce() + Copy + Send + 'static,
{
    skip_if!(domains() == 1, "there is one domain");
    let helper = w.helper(w.options(priority))?;
    initial::DOMAIN.set(1, helper.thread())?;
    helper.start(closure)?;
    Ok(helper)
}

/// "initially entry 0 = (0, maximum)": other domains never run.
fn a_thread_of_another_domain_waits(w: &mut World) -> Outcome {
    let helper = foreigner(w, 10, || ())?;
    w.settle()?;
    check!(!helper.has_finished());
    initial::DOMAIN.set(0, helper.thread())?;
    w.settle()?;
    check!(helper.has_finished());
    PASSED
}

/// "When a slice is used up the next entry (or the start entry on reaching an end marker) is
/// taken."
fn domains_take_turns(w: &mut World) -> Outcome {
    let clock = Clock::new(w)?;
    let helper = foreigner(w, 10, || count_in(1))?;
    w.spawn(10, || count_in(2))?;
    let schedule = Schedule::new(&[(0, 2 * MILLISECOND), (1, 2 * MILLISECOND)], 0)?;
    for _ in 0..3 {
        let before = [1, 2].map(|index| w.board().get(index));
        let both = || (1..=2).all(|index| Board::shared().get(index) > before[index - 1]);
        check!(clock.until(both)?);
    }
    drop(schedule);
    let stopped = w.board().get(1);
    clock.sleep(ms(5))?;
    check_eq!(w.board().get(1), stopped);
    helper.thread().suspend()?;
    PASSED
}

/// "run the head of the highest non-empty queue of the current domain".
fn priorities_do_not_count_between_domains(w: &mut World) -> Outcome {
    let clock = Clock::new(w)?;
    let helper = foreigner(w, 1, || count_in(1))?;
    w.spawn(254, || count_in(2))?;
    let schedule = Schedule::new(&[(0, MILLISECOND), (1, MILLISECOND)], 0)?;
    let both = || (1..=2).all(|index| Board::shared().get(index) > 0);
    check!(clock.until(both)?);
    drop(schedule);
    helper.thread().suspend()?;
    PASSED
}

/// ScheduleSetStart: "restarts the schedule there immediately": the caller waits for its turn. The
/// slice of the other domain is long, because an emulator may lose a short one altogether.
fn the_start_takes_effect_at_once(w: &mut World) -> Outcome {
    let helper = foreigner(w, 10, || count_in(1))?;
    let entries = [(0, MILLISECOND), (1, 50 * MILLISECOND), (0, 100 * MILLISECOND)];
    let schedule = Schedule::new(&entries, 1)?;
    check!(w.board().get(1) > 0);
    drop(schedule);
    helper.thread().suspend()?;
    PASSED
}

/// Set: "moves thread; self allowed": a thread that moves to a domain without a slice stops.
fn a_thread_can_leave_the_domain(w: &mut World) -> Outcome {
    skip_if!(domains() == 1, "there is one domain");
    let helper = w.spawn(10, || {
        note(1);
        let moved = initial::DOMAIN.set(1, libsys::current_thread());
        note(if moved.is_ok() { 2 } else { 3 });
    })?;
    w.settle()?;
    check_eq!(order(), 0x1);
    initial::DOMAIN.set(0, helper.thread())?;
    w.settle()?;
    check_eq!(order(), 0x12);
    PASSED
}

/// Set: "moves thread": a queued thread goes on in its new domain.
fn a_thread_comes_back(w: &mut World) -> Outcome {
    let clock = Clock::new(w)?;
    let helper = foreigner(w, 10, || count_in(1))?;
    clock.sleep(ms(3))?;
    check_eq!(w.board().get(1), 0);
    initial::DOMAIN.set(0, helper.thread())?;
    check!(clock.until(|| Board::shared().get(1) > 0)?);
    initial::DOMAIN.set(1, helper.thread())?;
    let stopped = w.board().get(1);
    clock.sleep(ms(3))?;
    check_eq!(w.board().get(1), stopped);
    PASSED
}

/// §2: "TCB ...: domain = domain currently scheduled": that of the thread that made it.
fn a_new_thread_has_the_current_domain(w: &mut World) -> Outcome {
    let clock = Clock::new(w)?;
    let (memory, thread) = (w.untyped(12)?, w.slot::<Thread>()?);
    let slots = SlotRange::within(initial::CNODE, thread.pointer(), 1);
    let maker = foreigner(w, 10, move || {
        let made = memory.retype(ObjectType::Thread, 0, slots);
        Board::shared().set(1, 1 + u64::from(made.is_ok()));
    })?;
    let schedule = Schedule::new(&[(0, MILLISECOND), (1, MILLISECOND)], 0)?;
    check!(clock.until(|| maker.has_finished())?);
    drop(schedule);
    check_eq!(w.board().get(1), 2);
    let entry = w.code(&[code::store(0, 1), code::SPIN])?;
    let registers = UserContext::starting_at(entry, 0)
        .with(Register::X(0), 77)
        .with(Register::X(1), w.board().address(2));
    let space = Space::new(initial::CNODE, initial::VSPACE);
    thread.configure(space, 0, Cap::<Page>::NULL)?;
    w.context(0)?.bind(thread)?;
    thread.write_registers(true, &registers)?;
    clock.sleep(ms(3))?;
    check_eq!(w.board().get(2), 0);
    initial::DOMAIN.set(0, thread)?;
    check!(clock.until(|| Board::shared().get(2) == 77)?);
    thread.suspend()?;
    PASSED
}
