//! libsys: rings between two address spaces.

use crate::framework::prelude::*;
use libsys::ring::{Consumer, Doorbell, Producer, RingError, Shape};
use libsys::window::Window;
use libsys::worker::Options;

/// The tests.
pub const TESTS: &[Test] = &[
    test!(elements_cross_address_spaces),
    test!(both_sides_sleep_and_wake),
    test!(elements_cross_cores),
    test!(who_is_awake_is_not_signalled),
    test!(a_hostile_peer_is_found_out),
];

/// A page is 31 slots of 128 bytes and the ring's words; a power of two of them are used.
const SHAPE: Shape = match Shape::filling(4096, 128) {
    Some(shape) => shape,
    None => panic!("a page has room"),
};
/// Elements that the tests pass on.
const COUNT: u64 = 2000;

/// What both sides need.
struct Ring {
    window: Window,
    /// The neighbour's name for the ring.
    shared: Shared,
    /// Wakes the producer.
    free: Cap<Notification>,
    /// Wakes the consumer.
    full: Cap<Notification>,
    neighbour: Neighbour,
}

impl Ring {
    fn new(w: &mut World, options: Options) -> Outcome<Self> {
        let neighbour = w.neighbour_with(options)?;
        let (window, shared) = w.shared_with(&neighbour)?;
        Ok(Self { window, shared, free: w.create()?, full: w.create()?, neighbour })
    }

    fn consumers_bell(&self) -> Doorbell {
        Doorbell { peer: self.free, own: self.full }
    }

    fn producers_bell(&self) -> Doorbell {
        Doorbell { peer: self.full, own: self.free }
    }
}

fn broken(error: RingError) -> Ending {
    Ending::failed(format_args!("{error}"))
}

/// Puts numbers in, from 1 on, with a mark at the end of each slot.
fn produce(mut ring: Producer<Window, Doorbell>, count: u64) -> Result<(), RingError> {
    for number in 1..=count {
        while ring.wait()? == 0 {}
        if let Some(mut slot) = ring.reserve()? {
            slot.write_words(0, &[number]);
            slot.write_words(120, &[!number]);
            slot.commit();
        }
        ring.flush();
    }
    Ok(())
}

/// Takes numbers out and checks that none is missing. Answers how many were right.
fn consume(ring: &mut Consumer<&Window, Doorbell>, count: u64) -> Result<u64, RingError> {
    let mut right = 0;
    for number in 1..=count {
        while ring.wait()? == 0 {}
        let Some(slot) = ring.peek()? else { continue };
        let (mut first, mut last) = ([0], [0]);
        slot.read_words(0, &mut first);
        slot.read_words(120, &mut last);
        slot.release();
        ring.flush();
        right += u64::from(first == [number] && last == [!number]);
    }
    Ok(right)
}

/// The neighbour produces; the root thread consumes.
fn pass(w: &mut World, options: Options) -> Outcome {
    let ring = Ring::new(w, options)?;
    let (shared, bell, board) = (ring.shared, ring.producers_bell(), w.board());
    ring.neighbour.start(move || {
        let made = Producer::new(shared.window(), SHAPE, bell);
        let done = made.and_then(|ring| produce(ring, COUNT));
        board.set(0, 1 + u64::from(done.is_ok()));
    })?;
    let made = Consumer::new(&ring.window, SHAPE, ring.consumers_bell());
    let right = made.and_then(|mut consumer| consume(&mut consumer, COUNT)).map_err(broken)?;
    check_eq!(right, COUNT);
    while board.get(0) == 0 {
        w.settle()?;
    }
    check_eq!(board.get(0), 2);
    board.set(0, 0);
    PASSED
}

/// A consumer that is more urgent sleeps after each element.
fn elements_cross_address_spaces(w: &mut World) -> Outcome {
    pass(w, w.options(100))
}

/// At equal priority the time slice ends sometimes here and sometimes there; and a consumer that
/// lets the ring fill makes the producer sleep.
fn both_sides_sleep_and_wake(w: &mut World) -> Outcome {
    initial::THREAD.set_priority(initial::THREAD, 100)?;
    pass(w, w.options(100))?;
    initial::THREAD.set_priority(initial::THREAD, 50)?;
    pass(w, w.options(100))
}

/// Really at the same time.
fn elements_cross_cores(w: &mut World) -> Outcome {
    skip_if!(w.cores() == 1, "one core only");
    let options = Options { core: w.sched_control(1), ..w.options(100) };
    pass(w, options)
}

fn who_is_awake_is_not_signalled(w: &mut World) -> Outcome {
    let ring = Ring::new(w, w.options(100))?;
    // A badge makes a signal visible to a poll.
    let bell = Doorbell { peer: w.mint(ring.full, Rights::ALL, 1)?, own: ring.free };
    let mut producer = Producer::new(&ring.window, SHAPE, bell).map_err(broken)?;
    let mut consumer = Consumer::new(&ring.window, SHAPE, ring.consumers_bell()).map_err(broken)?;
    let mut put = || -> Outcome<u64> {
        if let Some(slot) = producer.reserve().map_err(broken)? {
            slot.commit();
        }
        producer.flush();
        Ok(ring.full.poll())
    };
    check_eq!(put()?, 0);
    check_eq!(consumer.wait().map_err(broken)?, 1);
    while let Some(slot) = consumer.peek().map_err(broken)? {
        slot.release();
    }
    check!(consumer.fall_asleep().map_err(broken)?);
    check_eq!(put()?, 1);
    check_eq!(put()?, 0);
    PASSED
}

/// A neighbour that writes into the ring as it likes: the consumer gets values or errors, and the
/// test ends.
fn a_hostile_peer_is_found_out(w: &mut World) -> Outcome {
    let ring = Ring::new(w, w.options(255))?;
    let shared = ring.shared;
    ring.neighbour.start(move || {
        let window = shared.window();
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        loop {
            random = random.wrapping_mul(0xd129_0d3f_2a65_8a7b).wrapping_add(1);
            let value = random >> (random % 64);
            window.write_word(8 * (random >> 33) % 160, value);
            if random.is_multiple_of(16) {
                syscall::yield_now();
            }
        }
    })?;
    let mut consumer = Consumer::new(&ring.window, SHAPE, ring.consumers_bell()).map_err(broken)?;
    let (mut elements, mut errors) = (0, 0);
    for _ in 0..20_000 {
        match consumer.peek() {
            Ok(Some(slot)) => {
                let mut words = [0; 16];
                slot.read_words(0, &mut words);
                slot.release();
                elements += 1;
            }
            Ok(None) => syscall::yield_now(),
            Err(_) => {
                errors += 1;
                syscall::yield_now();
            }
        }
        consumer.flush();
    }
    check!(elements > 0 && errors > 0, "{elements} elements, {errors} errors");
    ring.neighbour.thread().suspend()?;
    PASSED
}
