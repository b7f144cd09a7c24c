//! Rings: what an element costs, alone and in batches, with both sides awake and with a consumer
//! that sleeps.

use libsys::object::{Notification, Page};
use libsys::ring::{Bell, Consumer, Doorbell, Memory, Producer, Quiet, RingError, Shape};
use libsys::window::{MemoryKind, Window};
use libsys::{Cap, Mutex, Rights, initial};

use super::REPETITIONS;
use super::stage::{Stage, rest};
use crate::machine::mark;
use crate::{Bench, Outcome, priority};

/// Elements of two words and of eight, and slots for the largest batch.
const SMALL: Shape = Shape::new(64, 16).expect("a shape");
const LARGE: Shape = Shape::new(32, 64).expect("a shape");

libsys::data! {
    /// What most rings carry: a request or its answer.
    pub(crate) struct Small {
        /// Which.
        pub(crate) number: u64,
        /// What about it.
        pub(crate) value: u64,
    }
}

/// All measurements.
pub(super) fn rings(bench: &mut Bench) -> Outcome {
    awake::<1>(bench, ["put 1 element", "take 1 element"])?;
    awake::<8>(bench, ["put 8 elements", "take 8 elements"])?;
    awake::<64>(bench, ["put 64 elements", "take 64 elements"])?;
    in_place(bench, ["put 32 elements of 8 words", "take 32 elements of 8 words"])?;
    asleep(bench, 1, "pass 1 element to a sleeper")?;
    asleep(bench, 8, "pass 8 elements to a sleeper")?;
    asleep(bench, 64, "pass 64 elements to a sleeper")
}

/// Batches of typed elements while both sides are awake.
fn awake<const COUNT: u64>(bench: &mut Bench, names: [&str; 2]) -> Outcome {
    let mut stage = Stage::new(bench)?;
    let window = Window::fresh(&mut stage.own, 1)?;
    let sides = Producer::new(&window, SMALL, Quiet)
        .and_then(|producer| Ok((producer, Consumer::new(&window, SMALL, Quiet)?)));
    bench.announce(&names);
    if let Ok((mut producer, mut consumer)) = sides {
        for _ in 0..REPETITIONS {
            mark::open::<1>();
            let put = put(&mut producer, COUNT);
            mark::close();
            mark::open::<2>();
            let taken = take(&mut consumer);
            mark::close();
            assert_eq!((put, taken), (Ok(()), Some(COUNT)), "all elements pass");
        }
    }
    stage.clear(bench)
}

#[inline(never)]
fn put<B: Bell>(producer: &mut Producer<&Window, B>, count: u64) -> Result<(), RingError> {
    for number in 0..count {
        producer.push(&Small { number, value: count })?;
    }
    producer.flush();
    Ok(())
}

/// Takes all elements: their number, if they were right.
#[inline(never)]
fn take<M: Memory, B: Bell>(consumer: &mut Consumer<M, B>) -> Option<u64> {
    let mut count = 0;
    while let Ok(Some(Small { number, .. })) = consumer.pop() {
        if number != count {
            return None;
        }
        count += 1;
    }
    consumer.flush();
    Some(count)
}

/// Batches of larger elements, written and read where they are.
fn in_place(bench: &mut Bench, names: [&str; 2]) -> Outcome {
    let mut stage = Stage::new(bench)?;
    let window = Window::fresh(&mut stage.own, 1)?;
    let sides = Producer::new(&window, LARGE, Quiet)
        .and_then(|producer| Ok((producer, Consumer::new(&window, LARGE, Quiet)?)));
    bench.announce(&names);
    if let Ok((mut producer, mut consumer)) = sides {
        for _ in 0..REPETITIONS {
            mark::open::<1>();
            write(&mut producer);
            mark::close();
            mark::open::<2>();
            let sum = read(&mut consumer);
            mark::close();
            assert_eq!(sum, (0..32).sum(), "all elements pass");
        }
    }
    stage.clear(bench)
}

#[inline(never)]
fn write(producer: &mut Producer<&Window, Quiet>) {
    for number in 0..32 {
        if let Ok(Some(mut slot)) = producer.reserve() {
            slot.write_words(0, &[number, 1, 2, 3, 4, 5, 6, 7]);
            slot.commit();
        }
    }
    producer.flush();
}

#[inline(never)]
fn read(consumer: &mut Consumer<&Window, Quiet>) -> u64 {
    let mut sum = 0;
    while let Ok(Some(slot)) = consumer.peek() {
        let mut words = [0; 8];
        slot.read_words(0, &mut words);
        slot.release();
        sum += words[0];
    }
    consumer.flush();
    sum
}

/// On its way to the thread that sleeps.
static CONSUMER: Mutex<Option<Consumer<Window, Doorbell>>> = Mutex::new(None);

/// Everything between the first element put in and the consumer asleep again, with both switches
/// of threads.
fn asleep(bench: &mut Bench, count: u64, name: &str) -> Outcome {
    let mut stage = Stage::new(bench)?;
    let page = stage.own.create::<Page>()?;
    let copy = stage.own.slot::<Page>()?;
    stage.own.path(copy).copy_from(stage.own.path(page), Rights::ALL)?;
    // Two windows, as two tasks would have.
    let window = Window::map(&mut stage.own, page, MemoryKind::Ram)?;
    let other = Window::map(&mut stage.own, copy, MemoryKind::Ram)?;
    let [wakes, never]: [Cap<Notification>; 2] = [stage.own.create()?, stage.own.create()?];
    let sides = Producer::new(&window, SMALL, Doorbell { peer: wakes, own: never });
    let sides = sides.and_then(|producer| {
        Ok((producer, Consumer::new(other, SMALL, Doorbell { peer: never, own: wakes })?))
    });
    let worker = stage.worker(priority::HELPER)?;
    bench.announce(&[name]);
    if let Ok((mut producer, consumer)) = sides {
        *CONSUMER.lock() = Some(consumer);
        worker.start(consume, 0)?;
        initial::THREAD.set_priority(initial::THREAD, priority::LOWERED)?;
        for _ in 0..REPETITIONS {
            mark::open::<1>();
            let done = put(&mut producer, count);
            mark::close();
            assert_eq!(done, Ok(()), "there is room");
        }
        initial::THREAD.set_priority(initial::THREAD, priority::OWN)?;
        worker.thread.suspend()?;
    }
    stage.clear(bench)
}

extern "C" fn consume(_: u64) -> ! {
    let consumer = CONSUMER.lock().take();
    if let Some(mut consumer) = consumer {
        while consumer.wait().is_ok() {
            take(&mut consumer);
        }
    }
    rest()
}
