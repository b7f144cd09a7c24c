//! A client of a network card whose driver writes what it likes into the memory that both share.

use libsys::ring::{LocalMemory, Memory, Quiet};
use libsys::server::CallError;
use libsys::service::packet::{
    Address, Checksum, Control, HEADER_BYTES, Link, LinkError, MOST_BYTES, Opened, Refusal,
    Statistics, Wants,
};

use super::Target;

/// The target: a step for each four bytes.
pub(super) const TARGET: Target = Target {
    name: "packet_driver",
    run,
    words: &[&[0, 0, 1, 0], &[1, 16, 60, 0], &[2, 0, 0, 0], &[3, 60, 0, 0], &[4, 0, 0, 0]],
};

/// Words of the shared memory: two rings of two slots.
const WORDS: usize = 2 * (128 + 2 * 1536) / 8;

/// A driver that opens sessions, and refuses all else.
struct Liar;

impl Control for Liar {
    fn open(&self) -> Result<Opened, CallError<Refusal>> {
        Ok(Opened { session: 3, address: Address::BROADCAST, is_connected: false })
    }

    fn listen(&self, _: u64, _: Wants) -> Result<(), CallError<Refusal>> {
        Err(CallError::Refused(Refusal::Session))
    }

    fn count(&self, _: u64) -> Result<Statistics, CallError<Refusal>> {
        Err(CallError::Abandoned)
    }
}

fn run(bytes: &[u8]) {
    let memory = LocalMemory::<WORDS>::new();
    let mut link = Link::open(Liar, &memory, Quiet).expect("enough memory");
    let mut buffer = [0; MOST_BYTES];
    for step in bytes.as_chunks::<4>().0 {
        let [what, place, low, high] = *step;
        let (place, value) = (usize::from(place), u16::from_le_bytes([low, high]));
        // The second ring is the one that the driver puts packets into.
        let second = memory.bytes() / 2;
        match what % 6 {
            0 => memory.store(second * (place & 1) + 4 * (place % 32), value.into()),
            1 => memory.write(second + 8 * (place % 400), u64::from(value) << (what & 0x30)),
            2 => match link.receive(&mut buffer) {
                Ok(Some(frame)) => {
                    assert!((HEADER_BYTES..=MOST_BYTES).contains(&frame.length()));
                }
                Ok(None) | Err(LinkError::Ring(_) | LinkError::Packet) => {}
                Err(other) => unreachable!("{other}: nothing was asked for"),
            },
            3 => {
                let length = usize::from(value) % (MOST_BYTES + 2);
                let sent = link.send(&[0; MOST_BYTES + 2][..length], Checksum::Unknown);
                let fits = (HEADER_BYTES..=MOST_BYTES).contains(&length);
                assert!(fits || sent == Err(LinkError::Length(length)));
            }
            4 => {
                link.flush();
                let _ = (link.wait(), link.wait_room());
            }
            _ => assert_eq!(link.reopen(), Ok(()), "a new session is always possible"),
        }
    }
}
