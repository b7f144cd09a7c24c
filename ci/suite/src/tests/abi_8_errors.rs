//! abi.md §8.1: error replies.

use crate::framework::prelude::*;

/// The tests.
pub const TESTS: &[Test] = &[
    test!(success_without_outputs_has_no_words),
    test!(invalid_argument_has_the_index),
    test!(invalid_capability_has_the_index),
    test!(illegal_operation_has_no_words),
    test!(range_error_has_both_limits),
    test!(alignment_error_has_no_words),
    test!(failed_lookup_of_an_invalid_root),
    test!(failed_lookup_of_a_missing_capability),
    test!(failed_lookup_of_a_depth_mismatch),
    test!(failed_lookup_of_a_guard_mismatch),
    test!(failed_lookup_says_source_or_destination),
    test!(truncated_message_has_no_words),
    test!(delete_first_has_no_words),
    test!(revoke_first_has_no_words),
    test!(not_enough_memory_has_the_bytes_left),
    test!(page_map_names_the_missing_level),
    test!(an_address_space_that_is_gone_is_an_invalid_root),
    test!(an_error_reply_has_badge_zero),
    test!(errors_answer_calls_only),
];

/// The reply to a raw call: label and words as far as its length goes, and the length.
fn reply(to: u64, label: u64, words: &[u64], caps: &[u64]) -> (u64, usize, [u64; 5]) {
    let message = Message::new(label, words).with_caps(caps);
    let found = syscall::call(to, message);
    let words = core::array::from_fn(|index| found.word(index));
    (found.info.label(), found.info.length(), words)
}

/// Checks the reply to a raw call, its length too.
fn check_reply(
    to: u64,
    invocation: Invocation,
    message: (&[u64], &[u64]),
    expected: (u64, &[u64]),
) -> Outcome {
    let (label, expected_words) = expected;
    let (found, length, words) = reply(to, invocation.label(), message.0, message.1);
    check_eq!((found, length), (label, expected_words.len()));
    check_eq!(&words[..length], expected_words);
    PASSED
}

const CNODE: u64 = abi::bootinfo::slot::CNODE;
const THREAD: u64 = abi::bootinfo::slot::THREAD;

/// "0 NoError: outputs of the call, if any"
fn success_without_outputs_has_no_words(world: &mut World) -> Outcome {
    let thread = world.thread()?.pointer();
    check_reply(thread, Invocation::ThreadSetTlsBase, (&[5], &[]), (0, &[]))
}

/// "1 InvalidArgument: MR0 = argument index"
fn invalid_argument_has_the_index(world: &mut World) -> Outcome {
    let memory = world.untyped(12)?.pointer();
    let words = [ObjectType::Untyped.word(), 3, 0, 0, 100, 1];
    check_reply(memory, Invocation::UntypedRetype, (&words, &[CNODE]), (1, &[1]))
}

/// "2 InvalidCapability: MR0 = cap index (0 = the invoked cap, 1.. = extra caps)"
fn invalid_capability_has_the_index(world: &mut World) -> Outcome {
    let thread = world.thread()?.pointer();
    check_reply(thread, Invocation::ThreadSetPriority, (&[1], &[CNODE]), (2, &[1]))?;
    check_reply(0, Invocation::ThreadResume, (&[], &[]), (2, &[0]))
}

/// "3 IllegalOperation: -"
fn illegal_operation_has_no_words(world: &mut World) -> Outcome {
    let thread = world.thread()?.pointer();
    check_reply(thread, Invocation::CNodeDelete, (&[1, 2, 3], &[]), (3, &[]))
}

/// "4 RangeError: MR0 = min, MR1 = max (inclusive)"
fn range_error_has_both_limits(world: &mut World) -> Outcome {
    let thread = world.thread()?.pointer();
    check_reply(thread, Invocation::ThreadReadRegisters, (&[0, 37], &[]), (4, &[1, 36]))
}

/// "5 AlignmentError: -"
fn alignment_error_has_no_words(world: &mut World) -> Outcome {
    let page = world.create::<Page>()?.pointer();
    let space = initial::VSPACE.pointer();
    check_reply(page, Invocation::PageMap, (&[0x1234_0800, 3, 3], &[space]), (5, &[]))
}

/// "6 FailedLookup: MR0 = 1 if source lookup else 0; MR1 = lookup failure type"; "1 InvalidRoot: -"
fn failed_lookup_of_an_invalid_root(_: &mut World) -> Outcome {
    let copy = [4000, 64, 1, 64, 15];
    check_reply(CNODE, Invocation::CNodeCopy, (&copy, &[THREAD]), (6, &[1, 1]))
}

/// "2 MissingCapability: bitsLeft"
fn failed_lookup_of_a_missing_capability(world: &mut World) -> Outcome {
    let empty = world.slot::<()>()?.pointer();
    let target = world.slot::<()>()?.pointer();
    let copy = [target, 64, empty, 64, 15];
    check_reply(CNODE, Invocation::CNodeCopy, (&copy, &[CNODE]), (6, &[1, 2, 64]))
}

/// "3 DepthMismatch: bitsLeft, bitsFound"
fn failed_lookup_of_a_depth_mismatch(world: &mut World) -> Outcome {
    let node = world.create_sized::<CNode>(4)?.pointer();
    check_reply(node, Invocation::CNodeDelete, (&[1, 3], &[]), (6, &[0, 3, 3, 4]))
}

/// "4 GuardMismatch: bitsLeft, guardFound, guard bit count": the fifth word is in the buffer.
fn failed_lookup_of_a_guard_mismatch(world: &mut World) -> Outcome {
    let node = world.create_sized::<CNode>(4)?;
    let guard = GuardWord { bits: 8, guard: 0x5a };
    let guarded = world.mint(node, Rights::ALL, guard.word())?.pointer();
    check_reply(guarded, Invocation::CNodeDelete, (&[0x123, 12], &[]), (6, &[0, 4, 12, 0x5a, 8]))
}

/// "MR0 = 1 if source lookup else 0"
fn failed_lookup_says_source_or_destination(world: &mut World) -> Outcome {
    let empty = world.slot::<()>()?.pointer();
    let (to, from) = ([empty, 65, 1, 64, 15], [1 << 63, 64, 1, 64, 15]);
    check_reply(CNODE, Invocation::CNodeCopy, (&to, &[CNODE]), (4, &[1, 64]))?;
    let bits = 64 - world.boot.cnode_bits;
    let guard = |source| [source, 4, 64, 0, bits];
    check_reply(CNODE, Invocation::CNodeCopy, (&from, &[CNODE]), (6, &guard(0)))?;
    let from = [empty, 64, 1 << 63, 64, 15];
    check_reply(CNODE, Invocation::CNodeCopy, (&from, &[CNODE]), (6, &guard(1)))
}

/// "7 TruncatedMessage: -"
fn truncated_message_has_no_words(_: &mut World) -> Outcome {
    check_reply(CNODE, Invocation::CNodeDelete, (&[1], &[]), (7, &[]))
}

/// "8 DeleteFirst: -"
fn delete_first_has_no_words(_: &mut World) -> Outcome {
    let words = [1, 64, 2, 64];
    check_reply(CNODE, Invocation::CNodeMove, (&words, &[CNODE]), (8, &[]))
}

/// "9 RevokeFirst: -"
fn revoke_first_has_no_words(world: &mut World) -> Outcome {
    let memory = world.untyped(12)?;
    let slots = world.allocator.slots(2)?;
    let range = SlotRange::within(initial::CNODE, slots.start, 1);
    memory.retype(ObjectType::Endpoint, 0, range)?;
    let words = [slots.start + 1, 64, memory.pointer(), 64, 15];
    check_reply(CNODE, Invocation::CNodeCopy, (&words, &[CNODE]), (9, &[]))
}

/// "10 NotEnoughMemory: MR0 = bytes left in the untyped"
fn not_enough_memory_has_the_bytes_left(world: &mut World) -> Outcome {
    let memory = world.untyped(12)?;
    let slots = world.allocator.slots(2)?;
    let range = SlotRange::within(initial::CNODE, slots.start, 1);
    memory.retype(ObjectType::Notification, 0, range)?;
    let words = [ObjectType::SmallPage.word(), 0, 0, 0, slots.start + 1, 1];
    let to = memory.pointer();
    check_reply(to, Invocation::UntypedRetype, (&words, &[CNODE]), (10, &[4096 - 64]))
}

/// "For Page_Map failures the 'missing' bitsLeft value (MR2) is the table level needed: 21, 30,
/// 39."
fn page_map_names_the_missing_level(world: &mut World) -> Outcome {
    let space = world.create::<VSpace>()?;
    initial::ASID_POOL.assign(space)?;
    let page = world.create::<Page>()?;
    let words = [0x40_0000, 3, 3];
    for level in [39, 30, 21] {
        let expected = (6, &[0, 2, level][..]);
        check_reply(page.pointer(), Invocation::PageMap, (&words, &[space.pointer()]), expected)?;
        world.create::<PageTable>()?.map(space, 0x40_0000)?;
    }
    page.map(space, 0x40_0000, Rights::READ_WRITE, VmAttributes::DEFAULT)?;
    PASSED
}

/// "Failures to find the address space of an ASID give InvalidRoot": the pool is deleted.
fn an_address_space_that_is_gone_is_an_invalid_root(world: &mut World) -> Outcome {
    let memory = world.untyped(12)?;
    let pool = world.slot::<AsidPool>()?;
    initial::ASID_CONTROL.make_pool(memory, world.path(pool))?;
    let space = world.create::<VSpace>()?;
    pool.assign(space)?;
    world.delete(pool)?;
    let page = world.create::<Page>()?.pointer();
    let words = [0x40_0000, 3, 3];
    check_reply(page, Invocation::PageMap, (&words, &[space.pointer()]), (6, &[0, 1]))
}

/// "x0=0, x1 = MessageInfo(label=error, length as below)"
fn an_error_reply_has_badge_zero(_: &mut World) -> Outcome {
    let info = MessageInfo::new(Invocation::CNodeDelete.label(), 0, 1).0;
    let x = [CNODE, info, 1, 0, 0, 0, 0, Syscall::Call.number(), 0];
    let after = RawRegisters { x }.svc().x;
    check_eq!((after[0], after[1]), (0, Error::TruncatedMessage.code() << 12));
    PASSED
}

/// "Error replies (only to Call)": a send that is refused changes no register.
fn errors_answer_calls_only(_: &mut World) -> Outcome {
    for number in [Syscall::Send, Syscall::NBSend] {
        let info = MessageInfo::new(Invocation::CNodeDelete.label(), 0, 1).0;
        let x = [CNODE, info, 1, 2, 3, 4, 5, number.number(), 6];
        check_eq!(RawRegisters { x }.svc().x, x);
    }
    PASSED
}
