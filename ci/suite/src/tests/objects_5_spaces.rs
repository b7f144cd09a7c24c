//! Spaces, IPC buffers and fault handlers of threads (objects.md §5).

use super::tools::invoke;
use crate::framework::code;
use crate::framework::prelude::*;
use abi::registers::Register;
use libsys::worker::Options;

/// The tests of this module.
pub const TESTS: &[Test] = &[
    test!(configuring_needs_three_words_and_caps),
    test!(setting_the_space_needs_two_words_and_three_caps),
    test!(setting_the_buffer_needs_a_word_and_a_cap),
    test!(buffers_are_pages),
    test!(buffers_are_no_device_pages),
    test!(buffers_are_aligned_to_1024),
    test!(the_kind_of_page_comes_before_the_alignment),
    test!(buffers_need_no_mapping),
    test!(buffers_may_be_in_large_pages),
    test!(buffer_zero_needs_no_page),
    test!(buffer_zero_removes_the_buffer),
    test!(the_buffer_is_the_page_at_the_offset),
    test!(a_read_only_buffer_sends_only),
    test!(a_deleted_buffer_page_is_gone),
    test!(the_cspace_is_a_cnode),
    test!(the_vspace_has_an_identifier),
    test!(neither_space_may_be_missing),
    test!(the_buffer_comes_before_the_spaces),
    test!(the_guard_word_sets_the_guard),
    test!(guard_word_zero_keeps_the_guard),
    test!(an_impossible_guard_is_illegal),
    test!(the_vspace_word_is_ignored),
    test!(the_last_cap_of_a_cspace_is_not_replaced),
    test!(refused_configurations_change_nothing),
    test!(threads_use_their_own_cspace),
    test!(threads_use_their_own_vspace),
    test!(fault_handlers_need_write_and_a_grant),
    test!(fault_handlers_are_endpoints_or_null),
    test!(setting_the_space_sets_the_handler),
    test!(the_spaces_come_before_the_handler),
    test!(timeout_handlers_need_a_cap),
    test!(timeout_handlers_need_write_and_a_grant),
];

/// The spaces of this program.
const OWN: Space = Space::new(initial::CNODE, initial::VSPACE);

const NO_PAGE: Cap<Page> = Cap::NULL;

/// Configure: "len<3/caps Trunc".
fn configuring_needs_three_words_and_caps(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let configure = Invocation::ThreadConfigure;
    let (words, caps) = ([0; 3], [initial::CNODE.pointer(), initial::VSPACE.pointer(), 0]);
    for length in 0..3 {
        let refused = invoke(thread, configure, &words[..length], &caps);
        check_err!(refused, Error::TruncatedMessage);
        let refused = invoke(thread, configure, &words, &caps[..length]);
        check_err!(refused, Error::TruncatedMessage);
    }
    check!(invoke(thread, configure, &words, &caps).is_ok());
    PASSED
}

/// SetSpace: "len<2/caps Trunc".
fn setting_the_space_needs_two_words_and_three_caps(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let set = Invocation::ThreadSetSpace;
    let caps = [0, initial::CNODE.pointer(), initial::VSPACE.pointer()];
    for length in 0..2 {
        check_err!(invoke(thread, set, &[0; 2][..length], &caps), Error::TruncatedMessage);
    }
    for length in 0..3 {
        check_err!(invoke(thread, set, &[0; 2], &caps[..length]), Error::TruncatedMessage);
    }
    check!(invoke(thread, set, &[0; 2], &caps).is_ok());
    PASSED
}

/// SetIPCBuffer: "len<1/cap Trunc".
fn setting_the_buffer_needs_a_word_and_a_cap(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let page = w.create::<Page>()?;
    let set = Invocation::ThreadSetIpcBuffer;
    check_err!(invoke(thread, set, &[], &[page.pointer()]), Error::TruncatedMessage);
    check_err!(invoke(thread, set, &[0x1000], &[]), Error::TruncatedMessage);
    // The cap must be there even where it is not looked at.
    check_err!(invoke(thread, set, &[0], &[]), Error::TruncatedMessage);
    PASSED
}

/// Sets a buffer with Configure, and with SetIPCBuffer: both give the same answer.
fn set_buffer(w: &mut World, address: u64, page: Cap<Page>) -> Outcome<Result<(), Error>> {
    let thread = w.create::<Thread>()?;
    let configured = thread.configure(OWN, address, page);
    check_eq!(thread.set_ipc_buffer(address, page), configured);
    Ok(configured)
}

/// "derive frame, not a page ... -> Illegal".
fn buffers_are_pages(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    let table = w.create::<PageTable>()?;
    for page in [bell.cast(), table.cast(), NO_PAGE] {
        check_eq!(set_buffer(w, 0x1000, page)?, Err(Error::IllegalOperation));
    }
    PASSED
}

/// "not a page or device -> Illegal".
fn buffers_are_no_device_pages(w: &mut World) -> Outcome {
    let device = w.device(12)?;
    let page = w.retype::<Page>(device, 1)?[0];
    check_eq!(set_buffer(w, 0x1000, page)?, Err(Error::IllegalOperation));
    PASSED
}

/// "buffer%1024 -> Align".
fn buffers_are_aligned_to_1024(w: &mut World) -> Outcome {
    let page = w.create::<Page>()?;
    for address in [1, 8, 512, 0x1200, 0x13ff] {
        check_eq!(set_buffer(w, address, page)?, Err(Error::Alignment));
    }
    for address in [0x400, 0x1000, 0x1c00, 0x7fff_ffff_fc00] {
        check_eq!(set_buffer(w, address, page)?, Ok(()));
    }
    PASSED
}

/// The checks come in this order.
fn the_kind_of_page_comes_before_the_alignment(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    check_eq!(set_buffer(w, 0x1001, bell.cast())?, Err(Error::IllegalOperation));
    PASSED
}

/// "may be unmapped".
fn buffers_need_no_mapping(w: &mut World) -> Outcome {
    let page = w.create::<Page>()?;
    check_eq!(set_buffer(w, 0x1000, page)?, Ok(()));
    check_eq!(page.clean_data(0..8), Err(Error::IllegalOperation));
    PASSED
}

/// "The IPC buffer frame may be larger than 4 KiB": messages pass through all of it.
fn buffers_may_be_in_large_pages(w: &mut World) -> Outcome {
    let page = w.create::<Page<Large>>()?;
    let endpoint = w.create::<Endpoint>()?;
    for offset in [0, 0x1000, 0x10_0400, 0x1f_fc00] {
        let helper = w.helper(w.options(10))?;
        helper.thread().set_ipc_buffer(0x7000_0000_0000 + offset, page)?;
        let answer = MessageInfo::new(0, 0, 6).0;
        helper.start(move || {
            let wait = [endpoint.pointer(), 0, 0, 0, 0, 0, 0, Syscall::Wait.number(), 0];
            let _ = RawRegisters { x: wait }.svc();
            let send = [endpoint.pointer(), answer, 0, 0, 0, 0, 0, Syscall::Send.number(), 0];
            let _ = RawRegisters { x: send }.svc();
        })?;
        endpoint.send(Message::new(0, &[0, 0, 0, 0, 0x44 + offset, 0x55 + offset]));
        let message = endpoint.wait();
        check_eq!([message.word(4), message.word(5)], [0x44 + offset, 0x55 + offset]);
        helper.join();
    }
    PASSED
}

/// "addr!=0: as in Configure": with address 0 the page is not looked at.
fn buffer_zero_needs_no_page(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    for page in [bell.cast(), NO_PAGE] {
        check_eq!(set_buffer(w, 0, page)?, Ok(()));
    }
    PASSED
}

/// How many words of a message of six arrive from a helper.
fn words_sent(w: &mut World, helper: &Helper) -> Outcome<usize> {
    let endpoint = w.create::<Endpoint>()?;
    helper.start(move || endpoint.send(Message::new(0, &[1, 2, 3, 4, 5, 6])))?;
    let message = endpoint.wait();
    helper.join();
    Ok(message.info.length())
}

/// How many words of a message of six arrive at a helper.
fn words_received(w: &mut World, helper: &Helper) -> Outcome<u64> {
    let endpoint = w.create::<Endpoint>()?;
    let board = w.board();
    helper.start(move || board.set(1, endpoint.wait().info.length() as u64))?;
    endpoint.send(Message::new(0, &[1, 2, 3, 4, 5, 6]));
    helper.join();
    Ok(board.get(1))
}

/// "buffer 0 removes it": only four words move.
fn buffer_zero_removes_the_buffer(w: &mut World) -> Outcome {
    let helper = w.helper(w.options(10))?;
    check_eq!((words_sent(w, &helper)?, words_received(w, &helper)?), (6, 6));
    helper.thread().set_ipc_buffer(0, NO_PAGE)?;
    check_eq!((words_sent(w, &helper)?, words_received(w, &helper)?), (4, 4));
    helper.thread().set_ipc_buffer(helper.worker.buffer.address(), helper.worker.buffer_page)?;
    check_eq!(words_sent(w, &helper)?, 6);
    helper.thread().configure(OWN, 0, NO_PAGE)?;
    check_eq!(words_sent(w, &helper)?, 4);
    PASSED
}

/// "accesses the buffer through the physical frame ... at offset (buffer address mod frame
/// size)" (abi.md §3).
fn the_buffer_is_the_page_at_the_offset(w: &mut World) -> Outcome {
    let page = w.create::<Page>()?;
    let window = w.map(page)?;
    for place in [0, 0x400, 0x800, 0xc00] {
        window.write_word(place + 8 + 8 * 4, 0x4444 + place);
    }
    let helper = w.helper(w.options(10))?;
    let endpoint = w.create::<Endpoint>()?;
    for place in [0x400, 0xc00, 0, 0x800] {
        // The address space of the thread has nothing there, and that does not matter.
        helper.thread().set_ipc_buffer(0x7000_0000_0000 + place + 0x1000, page)?;
        helper.start(move || {
            let info = MessageInfo::new(0, 0, 5);
            let x = [endpoint.pointer(), info.0, 0, 0, 0, 0, 0, Syscall::Send.number(), 0];
            let _ = RawRegisters { x }.svc();
        })?;
        check_eq!(endpoint.wait().word(4), 0x4444 + place);
        helper.join();
    }
    PASSED
}

/// "A read-only frame gives a send-only buffer."
fn a_read_only_buffer_sends_only(w: &mut World) -> Outcome {
    let helper = w.helper(w.options(10))?;
    let (address, page) = (helper.worker.buffer.address(), helper.worker.buffer_page);
    let read_only = w.copy(page, Rights::READ)?;
    helper.thread().set_ipc_buffer(address, read_only)?;
    check_eq!((words_sent(w, &helper)?, words_received(w, &helper)?), (6, 4));
    let nothing = w.copy(page, Rights::NONE)?;
    helper.thread().set_ipc_buffer(address, nothing)?;
    check_eq!((words_sent(w, &helper)?, words_received(w, &helper)?), (4, 4));
    PASSED
}

/// "Caps stored in a TCB are real derived copies: revoking the original removes them."
fn a_deleted_buffer_page_is_gone(w: &mut World) -> Outcome {
    let page = w.create::<Page>()?;
    let helper = w.helper(w.options(10))?;
    helper.thread().set_ipc_buffer(0x1000, page)?;
    check_eq!(words_received(w, &helper)?, 6);
    w.revoke(page)?;
    check_eq!(words_received(w, &helper)?, 4);
    PASSED
}

/// Sets the spaces with Configure, and with SetSpace: both give the same answer.
fn set_spaces(w: &mut World, space: Space) -> Outcome<Result<(), Error>> {
    let thread = w.create::<Thread>()?;
    let configured = thread.configure(space, 0, NO_PAGE);
    check_eq!(thread.set_space(Cap::NULL, space), configured);
    Ok(configured)
}

/// "cspace ... not CNode -> Illegal".
fn the_cspace_is_a_cnode(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    for cspace in [bell.cast(), Cap::NULL] {
        let space = Space { cspace, ..OWN };
        check_eq!(set_spaces(w, space)?, Err(Error::IllegalOperation));
    }
    PASSED
}

/// "vspace (derived) not VSpace with ASID -> Illegal".
fn the_vspace_has_an_identifier(w: &mut World) -> Outcome {
    let vspace = w.create::<VSpace>()?;
    let page = w.create::<Page>()?;
    for vspace in [vspace, page.cast(), Cap::NULL] {
        let space = Space { vspace, ..OWN };
        check_eq!(set_spaces(w, space)?, Err(Error::IllegalOperation));
    }
    initial::ASID_POOL.assign(vspace)?;
    check_eq!(set_spaces(w, Space { vspace, ..OWN })?, Ok(()));
    PASSED
}

/// Both missing is as illegal as one of them.
fn neither_space_may_be_missing(w: &mut World) -> Outcome {
    let space = Space { cspace: Cap::NULL, guard: None, vspace: Cap::NULL };
    check_eq!(set_spaces(w, space)?, Err(Error::IllegalOperation));
    PASSED
}

/// Configure: the buffer is checked first.
fn the_buffer_comes_before_the_spaces(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let page = w.create::<Page>()?;
    let space = Space { cspace: Cap::NULL, ..OWN };
    check_eq!(thread.configure(space, 0x1001, page), Err(Error::Alignment));
    PASSED
}

/// Lets a helper with this CSpace signal the pointer `at`, and do nothing else.
fn signal_from(w: &mut World, cspace: Cap<CNode>, guard: Option<GuardWord>, at: u64) -> Outcome {
    let start = w.code(&[code::svc(0), code::mov(7, 0), code::svc(0)])?;
    let handler = w.create::<Endpoint>()?;
    let thread = w.helper(w.options(10))?.thread();
    thread.set_space(handler, Space { cspace, guard, vspace: initial::VSPACE })?;
    let registers = UserContext::starting_at(start, 0)
        .with(Register::X(0), at)
        .with(Register::X(7), Syscall::Send.number());
    thread.write_registers(true, &registers)?;
    check!(handler.wait().fault().is_some());
    PASSED
}

/// A CNode of 16 slots with a notification, badge 5, in slot 3; and the notification.
fn node_with_bell(w: &mut World) -> Outcome<(Cap<CNode>, Cap<Notification>)> {
    let bell = w.create::<Notification>()?;
    let node = w.create_sized::<CNode>(4)?;
    node.slot_at(3, 4).mint_from(w.path(bell), Rights::ALL, Badge(5))?;
    Ok((node, bell))
}

/// "cspace (data applied if !=0 ...)".
fn the_guard_word_sets_the_guard(w: &mut World) -> Outcome {
    let (node, bell) = node_with_bell(w)?;
    for (guard, at, badge) in [(0, 3, 5), (0x12, 0x123, 5), (0x12, 0x133, 0), (0x12, 3, 0)] {
        signal_from(w, node, Some(GuardWord { bits: 60, guard }), at)?;
        check_eq!((at, bell.poll()), (at, badge));
    }
    PASSED
}

/// "Data word 0 = keep the cap's guard as is".
fn guard_word_zero_keeps_the_guard(w: &mut World) -> Outcome {
    let (node, bell) = node_with_bell(w)?;
    let guarded = w.slot::<CNode>()?;
    let guard = GuardWord { bits: 60, guard: 0x77 };
    w.path(guarded).mint_from(w.path(node), Rights::ALL, guard)?;
    signal_from(w, guarded, None, 0x773)?;
    check_eq!(bell.poll(), 5);
    // Without guard, the top bits name the slot.
    signal_from(w, node, None, 3 << 60)?;
    check_eq!(bell.poll(), 5);
    PASSED
}

/// Cap data that is not possible: "guardSize+radix > 64 -> Illegal" (§3).
fn an_impossible_guard_is_illegal(w: &mut World) -> Outcome {
    let cspace = w.create_sized::<CNode>(4)?;
    let guard = Some(GuardWord { bits: 61, guard: 0 });
    let space = Space { cspace, guard, vspace: initial::VSPACE };
    check_eq!(set_spaces(w, space)?, Err(Error::IllegalOperation));
    PASSED
}

/// "for the VSpace it is always ignored".
fn the_vspace_word_is_ignored(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let caps = [initial::CNODE.pointer(), initial::VSPACE.pointer(), 0];
    let configured = invoke(thread, Invocation::ThreadConfigure, &[0, u64::MAX, 0], &caps);
    check!(configured.is_ok());
    PASSED
}

/// "A TCB whose CSpace or VSpace cap is the final cap of a CNode, TCB, or a zombie makes
/// Configure/SetSpace fail with Illegal" (§4).
fn the_last_cap_of_a_cspace_is_not_replaced(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let cspace = w.create_sized::<CNode>(4)?;
    thread.configure(Space { cspace, ..OWN }, 0, NO_PAGE)?;
    let kept = w.copy(cspace, Rights::ALL)?;
    w.delete(cspace)?;
    check_eq!(thread.configure(OWN, 0, NO_PAGE), Ok(()));
    thread.configure(Space { cspace: kept, ..OWN }, 0, NO_PAGE)?;
    w.delete(kept)?;
    check_eq!(thread.configure(OWN, 0, NO_PAGE), Err(Error::IllegalOperation));
    check_eq!(thread.set_space(Cap::NULL, OWN), Err(Error::IllegalOperation));
    PASSED
}

/// "Every check error leaves all state unchanged".
fn refused_configurations_change_nothing(w: &mut World) -> Outcome {
    let helper = w.helper(w.options(10))?;
    let page = w.create::<Page>()?;
    let space = Space { vspace: Cap::NULL, ..OWN };
    check!(helper.thread().configure(space, 0x1000, page).is_err());
    check!(helper.thread().configure(space, 0, NO_PAGE).is_err());
    check!(helper.thread().set_ipc_buffer(0x1001, page).is_err());
    check_eq!((words_sent(w, &helper)?, words_received(w, &helper)?), (6, 6));
    PASSED
}

/// The CSpace is the thread's own: the same pointer means different things in different ones.
fn threads_use_their_own_cspace(w: &mut World) -> Outcome {
    let bell = w.create::<Notification>()?;
    for badge in [1, 2] {
        let node = w.create_sized::<CNode>(4)?;
        node.slot_at(9, 4).mint_from(w.path(bell), Rights::ALL, Badge(badge))?;
        signal_from(w, node, Some(GuardWord { bits: 60, guard: 0 }), 9)?;
        check_eq!(bell.poll(), badge);
    }
    PASSED
}

/// The address space is the thread's own: in an empty one the first fetch faults.
fn threads_use_their_own_vspace(w: &mut World) -> Outcome {
    let handler = w.create::<Endpoint>()?;
    let helper = w.helper(Options { fault_handler: handler, ..w.options(10) })?;
    let vspace = w.vspace()?;
    helper.thread().set_space(handler, Space { vspace, ..OWN })?;
    helper.start(|| ())?;
    let fault = handler.wait().fault();
    check!(matches!(fault, Some(Fault::Vm { prefetch: true, .. })), "found {fault:x?}");
    PASSED
}

/// Which of all combinations of rights make a valid handler.
fn valid_handlers(
    w: &mut World,
    expected: Error,
    set: impl Fn(Cap<Thread>, Cap<Endpoint>) -> Result<(), Error>,
) -> Outcome {
    let thread = w.create::<Thread>()?;
    let endpoint = w.create::<Endpoint>()?;
    for rights in (0..16).map(Rights::from_word) {
        let handler = w.copy(endpoint, rights)?;
        let grants = Rights::GRANT.or(Rights::GRANT_REPLY);
        let is_valid = rights.contains(Rights::WRITE) && rights.intersects(grants);
        let answer = if is_valid { Ok(()) } else { Err(expected) };
        check_eq!((rights, set(thread, handler)), (rights, answer));
    }
    PASSED
}

/// "valid if null, or an EP cap with Write and (Grant or GrantReply)": "faultEP invalid InvCap 1".
fn fault_handlers_need_write_and_a_grant(w: &mut World) -> Outcome {
    valid_handlers(w, Error::InvalidCapability(1), |thread, handler| thread.set_space(handler, OWN))
}

/// Another kind of cap is no handler; null is one.
fn fault_handlers_are_endpoints_or_null(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let bell = w.create::<Notification>()?;
    let empty = w.slot::<Endpoint>()?;
    let invalid = Err(Error::InvalidCapability(1));
    check_eq!(thread.set_space(bell.cast(), OWN), invalid);
    check_eq!(thread.set_timeout_endpoint(bell.cast()), invalid);
    check_eq!(thread.set_space(empty, OWN), Ok(()));
    check_eq!(thread.set_timeout_endpoint(empty), Ok(()));
    PASSED
}

/// SetSpace "replaces all three": the handler too, and null removes it.
fn setting_the_space_sets_the_handler(w: &mut World) -> Outcome {
    let [first, second] = [w.create::<Endpoint>()?, w.create::<Endpoint>()?];
    let helper = w.helper(Options { fault_handler: first, ..w.options(10) })?;
    let badged = w.mint(second, Rights::ALL, 0x99)?;
    helper.thread().set_space(badged, OWN)?;
    helper.start(|| Cap::<Endpoint>::at(1 << 40).send(Message::EMPTY))?;
    w.settle()?;
    check_eq!(first.nb_wait().badge, 0);
    check_eq!(second.nb_wait().badge, 0x99);
    PASSED
}

/// SetSpace: "cspace Illegal; vspace Illegal; faultEP invalid InvCap 1".
fn the_spaces_come_before_the_handler(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let bell = w.create::<Notification>()?;
    let space = Space { vspace: Cap::NULL, ..OWN };
    check_eq!(thread.set_space(bell.cast(), space), Err(Error::IllegalOperation));
    PASSED
}

/// SetTimeoutEndpoint: "Trunc".
fn timeout_handlers_need_a_cap(w: &mut World) -> Outcome {
    let thread = w.create::<Thread>()?;
    let refused = invoke(thread, Invocation::ThreadSetTimeoutEndpoint, &[], &[]);
    check_err!(refused, Error::TruncatedMessage);
    PASSED
}

/// SetTimeoutEndpoint: "invalid InvCap 1".
fn timeout_handlers_need_write_and_a_grant(w: &mut World) -> Outcome {
    valid_handlers(w, Error::InvalidCapability(1), |thread, handler| {
        thread.set_timeout_endpoint(handler)
    })
}
