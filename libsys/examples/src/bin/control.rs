//! A control loop in real time, next to a greedy hog.
//!
//! The loop runs once in each millisecond, by the period of its scheduling context. How late it
//! begins is measured against the period that began with its first step. What it steers goes on by
//! the time that really passed, under a load that turns round again and again: steps that come
//! late let it stray.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::vec::Vec;
use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use libsys::bootstrap::AllocationError;
use libsys::memory::{Memory, Objects, Space};
use libsys::object::{Budget, SlotRange, Untyped};
use libsys::time::{self, Counter};
use libsys::worker::Options;
use libsys::{Cap, ObjectType, SlotPath, System, initial, println, thread};

/// How often the loop runs, and how often in each measurement.
const PERIOD: Duration = Duration::from_millis(1);
const STEPS: u32 = 400;
/// What the loop needs in each period at most.
const BUDGET: Duration = Duration::from_micros(200);
/// The latest that an undisturbed step may begin: the longest that the kernel runs without looking
/// for interrupts, and the way to the thread.
const BOUND: Duration = Duration::from_micros(25);
/// By how many times the worst lateness beside a hog below exceeds that alone, at most.
const RATIO: u32 = 16;
/// `log2` of the bytes that the hog lets the kernel clear again and again.
const CLEARED: u32 = 21;

/// Tells the hog to end.
static ENOUGH: AtomicBool = AtomicBool::new(false);

/// The loop's priority.
const LOOP: u8 = 200;

#[libsys::main]
fn main(system: System) -> Result<(), AllocationError> {
    let core = initial::sched_control(system.boot, 0).ok_or(AllocationError::NoSlots)?;
    let (mut memory, mut space) = (Memory::new(system), Space::initial());
    let slice = Budget::round_robin(Duration::from_millis(10));
    let share = |budget| Budget::periodic(budget, 10 * PERIOD);
    let hogs = [
        ("alone", None, BOUND),
        ("a hog below it", Some((LOOP - 1, slice)), BOUND),
        ("a hog above it with 1 % of time", Some((LOOP + 1, share(PERIOD / 10))), PERIOD / 5),
        ("a hog above it with 50 % of time", Some((LOOP + 1, share(5 * PERIOD))), 6 * PERIOD),
    ];
    let mut measured = Vec::new();
    for (name, hog, bound) in hogs {
        let options = Options { priority: LOOP, time: Some(rhythm()), ..Options::new(core) };
        let hog = hog.map(|(priority, time)| Options { priority, time: Some(time), ..options });
        let (jitter, stray) = measure(&mut memory, &mut space, options, hog)?;
        let (undisturbed, bounded) = (jitter.worst <= BOUND, jitter.worst <= bound);
        measured.push((jitter.worst, stray));
        let steady = measured.first().is_some_and(|(_, alone)| stray * 10 <= alone * 11);
        println!("{name}: {jitter}; the plant strays by {stray}");
        println!("  undisturbed: {undisturbed}, late by at most {bound:?}: {bounded}");
        println!("  as steady as alone: {steady}");
    }
    if let [(alone, _), (beside, _), ..] = measured[..] {
        let ratio = beside.as_nanos().div_ceil(alone.as_nanos().max(1));
        println!("a hog below it: {ratio} times as late as alone");
        println!("  at most {RATIO} times: {}", ratio <= RATIO.into());
    }
    Ok(())
}

/// Sporadic: a step that begins late does not move the next.
fn rhythm() -> Budget {
    Budget { sporadic: true, ..Budget::periodic(BUDGET, PERIOD) }
}

/// Runs the loop, next to a hog with these options.
fn measure(
    memory: &mut Memory,
    space: &mut Space,
    options: Options,
    hog: Option<Options>,
) -> Result<(Jitter, i64), AllocationError> {
    ENOUGH.store(false, Ordering::Relaxed);
    let control = thread::spawn_in(memory, space, options, control)?;
    let hog = match hog {
        None => None,
        Some(options) => {
            let untyped = memory.create_sized::<Untyped>(CLEARED)?;
            let page = memory.slot::<()>()?;
            let place = memory.path(page);
            let hog = thread::spawn_in(memory, space, options, move || be_greedy(untyped, place))?;
            Some((hog, untyped, page))
        }
    };
    let result = control.join_in(memory, space)?.unwrap_or_default();
    ENOUGH.store(true, Ordering::Relaxed);
    if let Some((hog, untyped, page)) = hog {
        let _ = hog.join_in(memory, space)?;
        memory.free_slot(page)?;
        memory.free(untyped)?;
    }
    Ok(result)
}

/// Keeps a plant at its target, and notes how late each step begins, and how far the plant strays
/// at most once the loop has settled.
fn control() -> (Jitter, i64) {
    let counter = Counter::new();
    let mut lateness = Vec::with_capacity(STEPS as usize);
    let (mut plant, mut force, mut sum, mut stray) = (Plant::default(), 0, 0, 0);
    time::next_period();
    let first = counter.now();
    for step in 0..STEPS {
        let now = counter.now().saturating_sub(first);
        lateness.push(now.saturating_sub(step * PERIOD));
        plant.advance(now, force);
        let error = TARGET - plant.value;
        if step >= STEPS / 2 {
            stray = stray.max(error.abs());
        }
        sum += error / 4;
        force = 2 * error + sum;
        time::next_period();
    }
    (Jitter::of(lateness), stray)
}

/// Where the plant is kept.
const TARGET: i64 = 1_000_000;
/// How fast the plant follows what acts on it.
const INERTIA: Duration = Duration::from_millis(8);
/// What acts on it besides the loop, and how often that changes its sign.
const LOAD: i64 = 200_000;
const TURN: Duration = Duration::from_millis(16);

/// Something that follows the forces on it slowly.
#[derive(Default)]
struct Plant {
    value: i64,
    now: Duration,
}

impl Plant {
    /// Lets the force act from the last time until `now`.
    fn advance(&mut self, now: Duration, force: i64) {
        let interval = now.saturating_sub(self.now).as_nanos() as i64;
        let turns = self.now.as_nanos() / TURN.as_nanos();
        let load = if turns.is_multiple_of(2) { LOAD } else { -LOAD };
        self.value += (force + load - self.value) * interval / INERTIA.as_nanos() as i64;
        self.now = now;
    }
}

/// Computes, and keeps the kernel busy with its longest work: clearing memory.
fn be_greedy(untyped: Cap<Untyped>, place: SlotPath) {
    let slots = SlotRange::within(place.root, place.index, 1);
    while !ENOUGH.load(Ordering::Relaxed) {
        let made = untyped.retype(ObjectType::LargePage, 0, slots);
        if made.and(place.delete()).is_err() {
            return;
        }
        core::hint::black_box((0..1000_u64).fold(0, |sum, number| sum ^ (number * sum)));
    }
}

/// How late steps began.
#[derive(Default)]
struct Jitter {
    worst: Duration,
    median: Duration,
    best: Duration,
}

impl Jitter {
    fn of(mut lateness: Vec<Duration>) -> Self {
        lateness.sort_unstable();
        let at = |index: usize| lateness.get(index).copied().unwrap_or_default();
        let last = lateness.len().saturating_sub(1);
        Self { worst: at(last), median: at(last / 2), best: at(0) }
    }
}

impl fmt::Display for Jitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { worst, median, best } = self;
        let spread = *worst - *best;
        write!(f, "late by {median:?} (median), {worst:?} (worst), spread {spread:?}")
    }
}
