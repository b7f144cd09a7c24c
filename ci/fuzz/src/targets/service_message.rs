//! Messages of the drivers' services: calls from any client, and answers from any driver.

use libsys::server::{Buffer, Operation, Outgoing, Request, ask, result, understand};
use libsys::service::{block, clock, entropy, packet, terminal};
use libsys::{Badge, MessageInfo, Received};

use super::Target;

/// The target: the label, both lengths, then words.
pub(super) const TARGET: Target = Target {
    name: "service_message",
    run,
    words: &[
        &[0xc0, 2, 0, 5],
        &[0xd0, 1, 0, 96],
        &[0xda, 1, 0, 1],
        &[1, 1, 0, 3],
        &[255; 8],
        &[97],
    ],
};

/// The words behind the registers.
struct Words([u64; 120]);

impl Buffer for Words {
    fn word(&self, index: usize) -> u64 {
        self.0[index]
    }

    fn set_word(&mut self, index: usize, value: u64) {
        self.0[index] = value;
    }

    fn set_cap(&mut self, _index: usize, _pointer: u64) {}
}

fn run(bytes: &[u8]) {
    let [label, length, caps, rest @ ..] = bytes else { return };
    let mut words = Words([0; 120]);
    for (word, part) in words.0.iter_mut().zip(rest.chunks(8)) {
        let mut bytes = [0; 8];
        bytes[..part.len()].copy_from_slice(part);
        *word = u64::from_le_bytes(bytes);
    }
    let info = MessageInfo::new((*label).into(), (*caps).into(), (*length).into());
    let [w0, w1, w2, w3, ..] = words.0;
    let message = Received { badge: 1, info, words: [w0, w1, w2, w3] };
    let request = Request { client: Badge(1), message, slot: 9 };
    all(&request, &words);
}

fn all(request: &Request, words: &Words) {
    one::<block::control::Open>(request, words);
    one::<block::control::Check>(request, words);
    one::<clock::interface::Now>(request, words);
    one::<clock::interface::Set>(request, words);
    one::<clock::interface::Wait>(request, words);
    one::<entropy::interface::Draw>(request, words);
    one::<packet::control::Open>(request, words);
    one::<packet::control::Listen>(request, words);
    one::<packet::control::Count>(request, words);
    one::<terminal::interface::Print>(request, words);
    one::<terminal::interface::Read>(request, words);
    one::<terminal::interface::Settings>(request, words);
    one::<terminal::interface::Configure>(request, words);
    one::<terminal::interface::Counts>(request, words);
    one::<terminal::interface::SetRaw>(request, words);
}

/// A call that was understood is sent again as it came; an answer has a meaning or an error.
fn one<O: Operation>(request: &Request, words: &Words) {
    if let Ok(operation) = understand::<O, _>(request, words) {
        let mut again = Words([0; 120]);
        let Outgoing { info, words: first } = ask(&operation, &mut again);
        let length = request.message.info.length();
        assert_eq!(info.length(), length, "as long as it came");
        again.0[..4].copy_from_slice(&first);
        assert_eq!(again.0[..length], words.0[..length], "the same words");
    }
    std::hint::black_box(result::<O, _>(&request.message, 0, words).is_ok());
}
