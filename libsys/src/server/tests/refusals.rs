//! Every mistake in a message has a name of its own.

use abi::MessageInfo;

use super::fake::FakeBuffer;
use crate::cap::{Badge, Cap};
use crate::object::Page;
use crate::server::{
    Buffer, Bytes, CallError, DecodeError, Operation, Outgoing, Request, Text, abandon, answer,
    check_interface, complain, extent, result, understand,
};
use crate::{data, interface};

data! {
    /// Why not.
    pub enum Why {
        /// No.
        No = 7,
    }
}

interface! {
    /// Some operations.
    mod some {
        type Error = Why;

        /// Two words.
        Two = 1: fn two(first: u8, second: bool) -> u64;
        /// Bytes.
        Name = 2: fn name(name: Text<9>);
        /// A capability.
        Share = 3: fn share(page: Cap<Page>);
        /// A capability in the answer.
        Fetch = 4: fn fetch() -> Cap<Page>;
        /// The longest.
        Longest = 5: fn longest(bytes: Bytes<952>);
    }
}

use some::{Fetch, Name, Share, Two};

fn refused<O: Operation>(info: MessageInfo, words: &[u64]) -> Option<DecodeError> {
    let buffer = FakeBuffer::new();
    let message = buffer.place(1, info, words);
    understand::<O, _>(&Request { client: Badge(1), message, slot: 5 }, &&buffer).err()
}

fn info(caps: usize, length: usize) -> MessageInfo {
    MessageInfo::new(0, caps, length)
}

#[test]
fn lengths() {
    let short = |found| Some(DecodeError::TooShort { found });
    assert_eq!(refused::<Two>(info(0, 0), &[1, 1]), short(0));
    assert_eq!(refused::<Two>(info(0, 1), &[1, 1]), short(1));
    let long = DecodeError::TooLong { expected: 2, found: 3 };
    assert_eq!(refused::<Two>(info(0, 3), &[1, 1, 0]), Some(long));
    assert_eq!(refused::<Two>(info(0, 2), &[1, 1]), None);
}

#[test]
fn values() {
    let value = |index, value| Some(DecodeError::Value { index, value });
    assert_eq!(refused::<Two>(info(0, 2), &[256, 1]), value(0, 256));
    assert_eq!(refused::<Two>(info(0, 2), &[255, 2]), value(1, 2));
    assert_eq!(refused::<Name>(info(0, 3), &[10, 0, 0]), value(0, 10));
    assert_eq!(refused::<Name>(info(0, 2), &[1, 0x0141]), value(1, 0x0141));
    assert_eq!(refused::<Name>(info(0, 2), &[1, 0x41]), None);
    assert_eq!(refused::<Name>(info(0, 2), &[1, 0xff]), Some(DecodeError::Text));
}

#[test]
fn capabilities() {
    assert_eq!(refused::<Share>(info(0, 0), &[]), Some(DecodeError::NoCap { index: 0 }));
    let unwrapped = info(1, 0).with_unwrapped(1);
    assert_eq!(refused::<Share>(unwrapped, &[]), Some(DecodeError::NoCap { index: 0 }));
    let many = |expected, found| Some(DecodeError::TooManyCaps { expected, found });
    assert_eq!(refused::<Share>(info(2, 0), &[]), many(1, 2));
    assert_eq!(refused::<Two>(info(3, 2), &[1, 1]), many(0, 3));
    assert_eq!(refused::<Share>(info(1, 0), &[]), None);
}

/// What a client makes of an answer.
fn arrives<O: Operation>(
    send: impl FnOnce(&mut &FakeBuffer) -> Outgoing,
) -> Result<O::Answer, CallError<O::Error>> {
    let buffer = FakeBuffer::new();
    let message = send(&mut &buffer);
    result::<O, _>(&buffer.deliver(message), 9, &&buffer)
}

#[test]
fn answers_and_refusals_arrive() {
    assert_eq!(arrives::<Two>(|to| answer::<Two, _>(&Ok(5), to)), Ok(5));
    assert_eq!(
        arrives::<Two>(|to| answer::<Two, _>(&Err(Why::No), to)),
        Err(CallError::Refused(Why::No))
    );
    assert_eq!(arrives::<Two>(|to| abandon(to)), Err(CallError::Abandoned));
    assert_eq!(arrives::<Fetch>(|to| answer::<Fetch, _>(&Ok(Cap::at(3)), to)), Ok(Cap::at(9)));
}

#[test]
fn every_complaint_arrives() {
    let complaints = [
        DecodeError::Label(99),
        DecodeError::TooShort { found: 1 },
        DecodeError::TooLong { expected: 2, found: 3 },
        DecodeError::Value { index: 4, value: u64::MAX },
        DecodeError::Text,
        DecodeError::NoCap { index: 1 },
        DecodeError::TooManyCaps { expected: 1, found: 2 },
    ];
    for error in complaints {
        let found = arrives::<Two>(|to| complain(error, to));
        assert_eq!(found, Err(CallError::Malformed(error)));
    }
}

#[test]
fn wrong_answers_are_no_answers() {
    let wrong = |label, words: &[u64]| {
        let buffer = FakeBuffer::new();
        let message = buffer.place(0, MessageInfo::new(label, 0, words.len()), words);
        result::<Two, _>(&message, 9, &&buffer)
    };
    assert_eq!(wrong(0, &[]), Err(CallError::Answer(DecodeError::TooShort { found: 0 })));
    let value = |value| Err(CallError::Answer(DecodeError::Value { index: 0, value }));
    assert_eq!(wrong(16, &[8]), value(8));
    assert_eq!(wrong(17, &[7, 0, 0]), value(7));
    assert_eq!(wrong(2, &[0]), Err(CallError::Foreign(2)));
    assert_eq!(wrong(crate::server::RESTARTED, &[]), Err(CallError::Restarted));
}

/// An encoder keeps to the message, whatever is put in.
#[test]
fn what_exceeds_a_message_is_not_sent() {
    let buffer = FakeBuffer::new();
    let mut place = &buffer;
    let mut encoder = crate::server::Encoder::new(&mut place);
    for word in 0..200 {
        encoder.word(word);
        encoder.cap(word);
    }
    let message = encoder.finish(1);
    assert_eq!((message.info.length(), message.info.extra_caps()), (120, 3));
    assert_eq!(Buffer::word(&&buffer, 119), 119);
}

#[test]
#[should_panic(expected = "labels differ")]
fn equal_labels_do_not_compile() {
    check_interface(&[extent::<Two>(), extent::<Name>(), extent::<Two>()]);
}
