//! Faults, and their handlers' answers.

use abi::{Rights, SystemCalls, VmAttributes};
use libsys::object::{Endpoint, Notification, Page, Reply};
use libsys::syscall::{Message, Received};
use libsys::window::{MemoryKind, Window};
use libsys::{Cap, MessageInfo, initial};

use super::REPETITIONS;
use super::shared::Shared;
use super::stage::{Loop, Place, Stage, rest, settle};
use crate::machine::mark;
use crate::machine::stub::{self, Stub};
use crate::{Bench, Outcome, priority};

static ENDPOINT: Shared = Shared::new();
static REPLY: Shared = Shared::new();
static PAGE: Shared = Shared::new();
static ADDRESS: Shared = Shared::new();
static DONE: Shared = Shared::new();

/// A system call that does not exist.
const UNKNOWN: u64 = 64;
/// Words of an unknown system call's answer up to the address to go on at, which is the last.
const SYSCALL_ANSWER: usize = 9;
/// Word of a foreign call's message with x0.
const FIRST_ARGUMENT: usize = 1;
/// Bytes of an instruction.
const INSTRUCTION: u64 = 4;

/// A handler, which never ends.
type Handler = extern "C" fn(u64) -> !;

/// A kind of fault.
struct Kind {
    names: &'static [&'static str],
    stub: Stub,
    handler: Handler,
    /// Whether the handler runs on the time of who faults.
    passive: bool,
    /// Whether who faults is in an address space of its own.
    apart: bool,
    calls: SystemCalls,
}

const fn undefined(names: &'static [&'static str], handler: Handler) -> Kind {
    let (stub, calls) = (Stub::Undefined, SystemCalls::Native);
    Kind { names, stub, handler, passive: true, apart: false, calls }
}

const fn unknown(names: &'static [&'static str], handler: Handler) -> Kind {
    Kind { stub: Stub::Client, ..undefined(names, handler) }
}

const fn foreign(names: &'static [&'static str], handler: Handler) -> Kind {
    Kind { calls: SystemCalls::Foreign, ..unknown(names, handler) }
}

const KINDS: [Kind; 8] = [
    undefined(&["undefined instruction, to handler", "undefined instruction, answer"], skip),
    undefined(&["undefined instruction, round trip"], skip_quietly),
    Kind {
        passive: false,
        ..undefined(
            &["undefined instruction, to active handler", "undefined instruction, active answer"],
            skip,
        )
    },
    unknown(&["unknown system call, to handler", "unknown system call, answer"], emulate),
    unknown(&["unknown system call, round trip"], emulate_quietly),
    foreign(&["foreign system call, to server", "foreign system call, answer"], serve),
    foreign(&["foreign system call, round trip"], serve_quietly),
    Kind {
        apart: true,
        ..foreign(&["foreign system call, round trip, other space"], serve_quietly)
    },
];

/// Measures all kinds of faults.
pub(crate) fn faults(bench: &mut Bench) -> Outcome {
    KINDS.iter().try_for_each(|kind| kind.measure(bench))?;
    of_memory(bench, &["VM fault, to handler", "VM fault, answer"], provide)?;
    of_memory(bench, &["VM fault, mapped and answered"], provide_quietly)
}

/// Starts a handler, and lets it wait.
fn start(stage: &mut Stage, handler: Handler, passive: bool) -> Outcome {
    ENDPOINT.set_cap(stage.own.create::<Endpoint>()?);
    REPLY.set_cap(stage.own.create::<Reply>()?);
    let worker = stage.worker(priority::HELPER)?;
    worker.start(handler, 0)?;
    settle()?;
    if passive {
        worker.context.unbind()?;
    }
    Ok(())
}

impl Kind {
    /// Faults of a stub.
    fn measure(&self, bench: &mut Bench) -> Outcome {
        let mut stage = Stage::new(bench)?;
        DONE.set_cap(stage.done);
        start(&mut stage, self.handler, self.passive)?;
        bench.announce(self.names);
        let place = if self.apart { stage.place_apart()? } else { Place::Here };
        let (thread, _) = stage.thread(place)?;
        let (priority, context) = (priority::HELPER, stage.time()?);
        thread.set_sched_params(initial::THREAD, priority, priority, context, ENDPOINT.cap())?;
        thread.set_system_calls(self.calls)?;
        let info = MessageInfo::new(0, 0, 0);
        let loops = Loop { call: UNKNOWN, target: 0, reply: 0, info };
        thread.write_registers(true, &stage.registers(self.stub, loops))?;
        stage.wait();
        stage.clear(bench)
    }
}

/// Takes a fault, answers it and so on. `act` has the fault and makes the answer.
#[inline(always)]
fn handle<const N: usize>(marks: bool, act: impl Fn(Received) -> [u64; N]) -> ! {
    let (endpoint, reply) = (ENDPOINT.cap::<Endpoint>(), REPLY.cap::<Reply>());
    let mut fault = endpoint.recv(reply);
    loop {
        if marks {
            mark::close();
        }
        let answer = act(fault);
        if marks {
            mark::open::<2>();
        }
        fault = endpoint.reply_recv(reply, Message::new(0, &answer));
    }
}

/// Goes on behind the instruction.
fn behind(fault: Received) -> [u64; 1] {
    [fault.word(0) + INSTRUCTION]
}

/// Leaves the registers as they are, and goes on behind the system call.
fn unchanged(fault: Received) -> [u64; SYSCALL_ANSWER] {
    let mut words = core::array::from_fn(|index| fault.word(index));
    words[SYSCALL_ANSWER - 1] += INSTRUCTION;
    words
}

/// Answers a foreign call. The last is the stub's signal that it is done, made here.
fn served(call: Received) -> [u64; 1] {
    if call.word(FIRST_ARGUMENT) == DONE.get() {
        DONE.cap::<Notification>().signal();
        rest()
    }
    [0]
}

extern "C" fn serve(_: u64) -> ! {
    handle(true, served)
}

extern "C" fn serve_quietly(_: u64) -> ! {
    handle(false, served)
}

extern "C" fn skip(_: u64) -> ! {
    handle(true, behind)
}

extern "C" fn skip_quietly(_: u64) -> ! {
    handle(false, behind)
}

extern "C" fn emulate(_: u64) -> ! {
    handle(true, unchanged)
}

extern "C" fn emulate_quietly(_: u64) -> ! {
    handle(false, unchanged)
}

/// Faults of a thread that touches a page, which the handler maps.
fn of_memory(bench: &mut Bench, names: &[&str], handler: Handler) -> Outcome {
    let mut stage = Stage::new(bench)?;
    start(&mut stage, handler, true)?;
    let page = stage.own.create::<Page>()?;
    // The window's tables stay when the page goes.
    let window = Window::map(&mut stage.own, page, MemoryKind::Ram)?;
    page.unmap()?;
    PAGE.set_cap(page);
    ADDRESS.set(window.address());
    DONE.set_cap(stage.done);
    bench.announce(names);
    let worker = stage.worker(priority::HELPER)?;
    let (context, priority) = (worker.context, priority::HELPER);
    context.unbind()?;
    worker.thread.set_sched_params(initial::THREAD, priority, priority, context, ENDPOINT.cap())?;
    worker.start(touch, 0)?;
    stage.wait();
    stage.clear(bench)
}

/// Maps what is missing, and goes on with the same instruction.
fn mapped(_: Received) -> [u64; 0] {
    // Should it fail, the fault comes again, and no window ends.
    let rights = Rights::READ_WRITE;
    let _ = page().map(initial::VSPACE, ADDRESS.get(), rights, VmAttributes::DEFAULT);
    []
}

extern "C" fn provide(_: u64) -> ! {
    handle(true, mapped)
}

extern "C" fn provide_quietly(_: u64) -> ! {
    handle(false, mapped)
}

fn page() -> Cap<Page> {
    PAGE.cap()
}

/// Touches the page, which is not there, again and again.
extern "C" fn touch(_: u64) -> ! {
    let address = ADDRESS.get();
    for _ in 0..REPETITIONS {
        mark::open::<1>();
        stub::touch(address);
        mark::close();
        // It is mapped now; should it not be, the next touch does not fault and ends a window.
        let _ = page().unmap();
    }
    DONE.cap::<Notification>().signal();
    rest()
}
