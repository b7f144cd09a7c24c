//! Messages of an interface, from whoever may call it.

use libsys::server::{
    Buffer, Bytes, DecodeError, Decoder, Field, Operation, Outgoing, Request, Text, ask, result,
    understand,
};
use libsys::{Badge, MessageInfo, Received, data, interface};

use super::Target;

/// The target: the label's first byte, both lengths, then words.
pub(super) const TARGET: Target = Target {
    name: "message",
    run,
    words: &[&[1, 0, 0, 0, 0, 0, 0, 0], &[255; 8], b"text", "\u{e9}".as_bytes(), &[16], &[17]],
};

data! {
    /// A place.
    pub struct Place {
        /// Across.
        pub x: i32,
        /// Along.
        pub y: i64,
    }
}

data! {
    /// Why not.
    pub enum Reason {
        /// It is elsewhere.
        Elsewhere = 3,
        /// It is nowhere.
        Nowhere = 9,
    }
}

interface! {
    /// Fields of all kinds.
    pub mod kinds {
        type Error = super::Reason;

        /// Numbers.
        Numbers = 1: fn numbers(a: u8, b: u16, c: u32, d: i8, e: bool) -> super::Place;
        /// Bytes and text.
        Letters = 2: fn letters(bytes: Bytes<40>, text: Text<40>) -> Text<40>;
        /// What may be missing, and what is several.
        Several = 3: fn several(some: Option<u32>, all: [u16; 3], pair: (Badge, bool)) -> ();
        /// A time.
        Time = 4: fn time(after: core::time::Duration) -> core::time::Duration;
    }
}

/// The words behind the registers.
#[derive(Clone, PartialEq, Debug)]
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
    one::<kinds::Numbers>(&request, &words);
    one::<kinds::Letters>(&request, &words);
    one::<kinds::Several>(&request, &words);
    one::<kinds::Time>(&request, &words);
    std::hint::black_box(DecodeError::decode(&mut Decoder::new(&words, &message, 0)).is_ok());
}

/// A value that was understood is sent again as it came: every value has one encoding.
fn one<O: Operation>(request: &Request, words: &Words) {
    if let Ok(operation) = understand::<O, _>(request, words) {
        let mut again = Words([0; 120]);
        let Outgoing { info, words: first } = ask(&operation, &mut again);
        let length = request.message.info.length();
        assert_eq!(info.length(), length, "as long as it came");
        again.0[..4].copy_from_slice(&first);
        assert_eq!(again.0[..length], words.0[..length], "the same words");
    }
    // The other side: an answer from a server that is not trusted.
    std::hint::black_box(result::<O, _>(&request.message, 0, words).is_ok());
}
