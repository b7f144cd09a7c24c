//! The switch of a network card with a client that writes what it likes into the memory that both
//! share, and calls with any numbers. Another client must not notice.

use std::cell::Cell;
use std::collections::VecDeque;

use libsys::Badge;
use libsys::ring::{LocalMemory, Memory, Quiet};
use libsys::service::packet::{
    Address, Card, Checksum, Frame, Grant, MOST_BYTES, Port, Switch, Wants, control,
};

use super::Target;

/// The target: a step for each four bytes.
pub(super) const TARGET: Target = Target {
    name: "packet_client",
    run,
    words: &[&[0, 0, 1, 0], &[1, 16, 60, 0], &[1, 18, 0, 2], &[2, 0, 0, 0], &[3, 1, 0, 0]],
};

/// Words of the shared memory: two rings of two slots.
const WORDS: usize = 2 * (128 + 2 * 1536) / 8;
/// The clients: an honest one, and the other.
const HONEST: Badge = Badge(1);
const HOSTILE: Badge = Badge(2);

/// The address of a client.
fn station(badge: Badge) -> Address {
    Address([2, 0, 0, 0, 0, badge.0 as u8])
}

/// A card that keeps what is sent.
#[derive(Default)]
struct Wire {
    coming: VecDeque<[u8; 60]>,
    outgoing: Outgoing,
}

struct Outgoing([u8; MOST_BYTES]);

impl Default for Outgoing {
    fn default() -> Self {
        Self([0; MOST_BYTES])
    }
}

impl Card for Wire {
    fn prepare(&mut self) -> Option<&mut [u8; MOST_BYTES]> {
        Some(&mut self.outgoing.0)
    }

    fn send(&mut self, frame: Frame) {
        let sent = &self.outgoing.0[..frame.length()];
        assert_eq!(Address::at(sent, 6), Some(station(HOSTILE)), "nobody sends as another");
    }

    fn received(&mut self) -> Option<(Frame, &[u8])> {
        let packet = self.coming.front()?;
        Some((Frame::new(packet.len(), Checksum::Verified)?, packet))
    }

    fn release(&mut self) {
        self.coming.pop_front();
    }

    fn flush(&mut self) {}

    fn fall_asleep(&mut self) -> bool {
        self.coming.is_empty()
    }

    fn is_connected(&self) -> bool {
        true
    }
}

fn run(bytes: &[u8]) {
    let (good, bad) = (LocalMemory::<WORDS>::new(), LocalMemory::<WORDS>::new());
    let mut switch = Switch::new(1);
    let mut card = Wire::default();
    for (badge, memory) in [(HONEST, &good), (HOSTILE, &bad)] {
        assert!(switch.attach(badge, station(badge), Grant::Own, Port::new(memory, Quiet)));
        assert!(control::Server::open(&mut switch.control(&card), badge).is_ok());
    }
    let brought = Cell::new(0);
    for step in bytes.as_chunks::<4>().0 {
        let [what, place, low, high] = *step;
        let (place, value) = (usize::from(place), u16::from_le_bytes([low, high]));
        match what % 6 {
            0 => bad.store(4 * place % bad.bytes(), value.into()),
            1 => bad.write(8 * place % bad.bytes(), u64::from(value) << (what & 0x30)),
            2 => drop(switch.work(&mut card)),
            3 => call(&mut switch, &card, place, value),
            4 => {
                let to = if place % 2 == 0 { HONEST } else { HOSTILE };
                let mut packet = [0; 60];
                packet[..6].copy_from_slice(&station(to).0);
                card.coming.push_back(packet);
                brought.set(brought.get() + u64::from(to == HONEST));
            }
            _ => bad.write(128 + 8 * place, u64::from_le_bytes([2, 0, 0, 0, 0, 2, low, high])),
        }
    }
    for _ in 0..card.coming.len() + 2 {
        switch.work(&mut card);
    }
    let counted = control::Server::count(&mut switch.control(&card), HONEST, 1);
    let counts = counted.expect("the session of the honest client goes on");
    assert!(counts.received + counts.dropped >= brought.get(), "nothing is lost uncounted");
}

/// A call of the hostile client.
fn call<M, B>(switch: &mut Switch<M, B>, card: &Wire, what: usize, value: u16)
where
    M: Memory + Copy,
    B: libsys::ring::Bell + Copy,
{
    let desk = &mut switch.control(card);
    let session = u64::from(value);
    let wants =
        Wants { broadcast: what & 4 != 0, groups: what & 8 != 0, everything: what & 16 != 0 };
    match what % 3 {
        0 => drop(control::Server::open(desk, HOSTILE)),
        1 => {
            let granted = control::Server::listen(desk, HOSTILE, session, wants).is_ok();
            assert!(!granted || !wants.everything, "it may not see everything");
        }
        _ => drop(control::Server::count(desk, HOSTILE, session)),
    }
}
