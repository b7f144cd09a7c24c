//! A ring whose peer writes into it what it likes.

use std::collections::VecDeque;

use libsys::ring::{Consumer, LocalMemory, Memory, Producer, Quiet, RingError, Shape};

use super::Target;

/// The target: a step for each two bytes.
pub(super) const TARGET: Target = Target {
    name: "ring",
    run,
    words: &[&[0, 7], &[1, 0], &[6, 0], &[6, 1], &[6, 16], &[6, 17], &[5, 0]],
};

const SHAPE: Shape = Shape::new(4, 8).expect("a shape");
const WORDS: usize = SHAPE.bytes() / 8;

/// Both sides, and what should be in the ring as long as nobody has cheated.
struct World<'a> {
    memory: &'a LocalMemory<WORDS>,
    producer: Producer<&'a LocalMemory<WORDS>, Quiet>,
    consumer: Consumer<&'a LocalMemory<WORDS>, Quiet>,
    expected: VecDeque<u64>,
    honest: bool,
}

fn run(bytes: &[u8]) {
    let memory = LocalMemory::new();
    let sides = (Producer::new(&memory, SHAPE, Quiet), Consumer::new(&memory, SHAPE, Quiet));
    let (Ok(producer), Ok(consumer)) = sides else { unreachable!("there is room") };
    let expected = VecDeque::new();
    let mut world = World { memory: &memory, producer, consumer, expected, honest: true };
    for step in bytes.chunks_exact(2) {
        world.step(step[0], step[1]);
    }
}

impl World<'_> {
    fn step(&mut self, what: u8, value: u8) {
        match what % 8 {
            0 => self.push(value.into()),
            1 => self.pop(),
            2 => self.producer.flush(),
            3 => self.consumer.flush(),
            4 => self.sleep(value),
            5 => self.check(),
            6 => {
                // Any word of 32 bits of the two sides' lines.
                let offset = 4 * usize::from(value % 32);
                self.memory.store(offset, u32::from(value >> 5).wrapping_sub(3));
                self.honest = false;
            }
            _ => {
                let slot = SHAPE.bytes() - 8 * (1 + usize::from(value % 4));
                self.memory.write(slot, u64::from(value) << 32);
                self.honest = false;
            }
        }
    }

    fn push(&mut self, value: u64) {
        let pushed = self.producer.push(&value);
        if self.honest {
            assert_eq!(pushed, Ok(self.expected.len() < 4), "full or not");
        }
        if pushed == Ok(true) {
            self.expected.push_back(value);
        }
    }

    fn pop(&mut self) {
        let popped = self.consumer.pop::<u64>();
        if self.honest {
            assert_eq!(popped, Ok(self.expected.pop_front()), "the oldest");
        }
    }

    /// Falls asleep and wakes up again: what was there is there.
    fn sleep(&mut self, value: u8) {
        let (slept, idle) = match value % 2 {
            0 => {
                let slept = self.producer.fall_asleep();
                self.producer.wake_up();
                (slept, self.expected.len() == 4)
            }
            _ => {
                let slept = self.consumer.fall_asleep();
                self.consumer.wake_up();
                (slept, self.expected.is_empty())
            }
        };
        assert!(!self.honest || slept == Ok(idle), "sleeps if there is nothing to do");
    }

    /// Whatever the peer says, nobody sees more than all slots.
    fn check(&mut self) {
        for ready in [self.producer.ready(), self.consumer.ready()] {
            match ready {
                Ok(ready) => assert!(ready <= SHAPE.slots(), "{ready} slots"),
                Err(RingError::Index { .. }) => assert!(!self.honest, "nobody has cheated"),
                Err(RingError::Memory { .. }) => unreachable!("there is room"),
            }
        }
    }
}
