//! A disk that fails at once: it has nothing to interrupt for.

use crate::cap::Badge;
use crate::ring::{LocalMemory, Memory, Quiet};
use crate::server::Recorded;
use crate::service::block::{
    Device, Done, Geometry, Job, Outcome, Range, Request, Server, Verb, control,
};

/// Knows what it has failed with.
#[derive(Default)]
struct Dead(std::vec::Vec<usize>);

impl Device for Dead {
    fn geometry(&self) -> Geometry {
        Geometry { sectors: 8, most: 8, is_read_only: false, discards: false }
    }

    fn has_room(&self) -> bool {
        self.0.len() < 4
    }

    fn submit(&mut self, job: Job) {
        self.0.push(job.ticket);
    }

    fn announce(&mut self) {}

    fn take_done(&mut self) -> Option<Done> {
        Some(Done { ticket: self.0.pop()?, outcome: Outcome::Device })
    }
}

#[test]
fn who_asks_is_answered_before_the_driver_sleeps() {
    let memory = LocalMemory::<1024>::new();
    let mut server = Server::new(Dead::default());
    let range = Range::whole(server.device().geometry());
    server.add(Badge(1), &memory, Quiet, range);
    let caller = Recorded::new();
    server.called(&caller.ask(1, &control::Open { session: 1 }), caller.clone());
    while server.round() {}
    let request = Request { verb: Verb::Read, sector: 0, count: 1, at: 4096 };
    for pushed in 1..=6_u32 {
        let slot = 128 + 32 * (pushed as usize - 1);
        for (at, word) in (slot..).step_by(8).zip(request.encode(pushed)) {
            memory.write(at, word);
        }
        memory.store(0, pushed);
    }
    while server.round() {}
    assert!(server.fall_asleep(), "there is nothing more to do");
    assert_eq!(memory.load(2176), 6, "completions");
}
