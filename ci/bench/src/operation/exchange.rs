//! Messages between two threads.

use abi::Syscall;
use abi::registers::Register;
use libsys::object::{Endpoint, Reply};
use libsys::syscall::Message;
use libsys::{MessageInfo, initial, ipc_buffer};

use super::shared::Shared;
use super::stage::{Loop, Place, Stage, settle};
use crate::machine::mark;
use crate::machine::stub::Stub;
use crate::{Bench, Outcome, priority};

/// A kind of exchange, with the names of both of its directions.
struct Exchange {
    names: [&'static str; 2],
    /// Words of each message.
    words: usize,
    apart: bool,
    server: Server,
    float: bool,
}

/// What the receiver runs on.
#[derive(Clone, Copy, PartialEq)]
enum Server {
    /// Its callers' time.
    Passive,
    /// Time of its own.
    Active,
    /// Time of its own, and nobody waits for an answer.
    Receiver,
}

const fn plain(names: [&'static str; 2], words: usize) -> Exchange {
    Exchange { names, words, apart: false, server: Server::Passive, float: false }
}

const fn apart(names: [&'static str; 2], words: usize) -> Exchange {
    Exchange { apart: true, ..plain(names, words) }
}

const EXCHANGES: [Exchange; 13] = [
    plain(["call 0 words", "reply 0 words"], 0),
    plain(["call 4 words", "reply 4 words"], 4),
    plain(["call 10 words", "reply 10 words"], 10),
    plain(["call 120 words", "reply 120 words"], 120),
    apart(["call 0 words, other space", "reply 0 words, other space"], 0),
    apart(["call 4 words, other space", "reply 4 words, other space"], 4),
    apart(["call 10 words, other space", "reply 10 words, other space"], 10),
    apart(["call 120 words, other space", "reply 120 words, other space"], 120),
    Exchange {
        server: Server::Active,
        ..plain(["call 0 words, active server", "reply 0 words, active server"], 0)
    },
    Exchange {
        float: true,
        ..plain(["call 0 words, FPU owner changes", "reply 0 words, FPU owner changes"], 0)
    },
    Exchange {
        float: true,
        ..apart(["call 0 words, FPU, other space", "reply 0 words, FPU, other space"], 0)
    },
    Exchange { server: Server::Receiver, ..plain(["send 0 words", "receive 0 words"], 0) },
    Exchange { server: Server::Receiver, ..plain(["send 10 words", "receive 10 words"], 10) },
];

/// Measures all kinds.
pub(crate) fn exchanges(bench: &mut Bench) -> Outcome {
    EXCHANGES.iter().try_for_each(|exchange| exchange.measure(bench))
}

impl Exchange {
    fn measure(&self, bench: &mut Bench) -> Outcome {
        let mut stage = Stage::new(bench)?;
        let endpoint = stage.own.create::<Endpoint>()?.pointer();
        let reply = stage.own.create::<Reply>()?.pointer();
        let info = MessageInfo::new(0, 0, self.words);
        bench.announce(&self.names);
        self.start_server(
            &mut stage,
            Loop { call: self.server.answer().number(), target: endpoint, reply, info },
        )?;
        let (client, _) = stage.thread(Place::Here)?;
        if self.server == Server::Receiver {
            // So that it is the message that wakes the receiver, and its end that wakes the sender.
            client.set_priority(initial::THREAD, priority::HELPER - 1)?;
        }
        stage.time()?.bind(client)?;
        let call = self.server.request().number();
        let stub = if self.float { Stub::FloatClient } else { Stub::Client };
        let registers = stage.registers(stub, Loop { call, target: endpoint, reply: 0, info });
        client.write_registers(true, &registers)?;
        stage.wait();
        stage.clear(bench)
    }

    /// Starts the server and lets it wait.
    fn start_server(&self, stage: &mut Stage, answers: Loop) -> Outcome {
        let place = if self.apart { stage.place_apart()? } else { Place::Here };
        let (server, _) = stage.thread(place)?;
        let stub = if self.float { Stub::FloatServer } else { Stub::Server };
        let registers = stage.registers(stub, answers);
        let first = registers
            .with(Register::X(0), answers.target)
            .with(Register::X(7), Syscall::Recv.number());
        let time = stage.time()?;
        time.bind(server)?;
        server.write_registers(true, &first)?;
        settle()?;
        match self.server {
            Server::Passive => Ok(time.unbind()?),
            Server::Active | Server::Receiver => Ok(()),
        }
    }
}

impl Server {
    /// How it is addressed.
    fn request(self) -> Syscall {
        match self {
            Self::Passive | Self::Active => Syscall::Call,
            Self::Receiver => Syscall::Send,
        }
    }

    /// What it does next.
    fn answer(self) -> Syscall {
        match self {
            Self::Passive | Self::Active => Syscall::ReplyRecv,
            Self::Receiver => Syscall::Recv,
        }
    }
}

/// What the server of [`with_capability`] needs.
static ENDPOINT: Shared = Shared::new();
static REPLY: Shared = Shared::new();
static SLOT: Shared = Shared::new();

/// A call that brings a capability, and the answer, which brings none.
pub(crate) fn with_capability(bench: &mut Bench) -> Outcome {
    let mut stage = Stage::new(bench)?;
    let endpoint = stage.own.create::<Endpoint>()?;
    let reply = stage.own.create::<Reply>()?;
    let sent = stage.own.create::<Endpoint>()?;
    let received = stage.own.slot::<Endpoint>()?;
    ENDPOINT.set_cap(endpoint);
    REPLY.set_cap(reply);
    SLOT.set_cap(received);
    bench.announce(&["call with a capability", "reply to a call with a capability"]);
    let server = stage.worker(priority::HELPER)?;
    server.start(take_capabilities, 0)?;
    settle()?;
    server.context.unbind()?;
    let (client, buffer) = stage.thread(Place::Here)?;
    buffer.write_word(abi::buffer::CAPS_OR_BADGES, sent.pointer());
    stage.time()?.bind(client)?;
    let info = MessageInfo::new(0, 1, 0);
    let calls = Loop { call: Syscall::Call.number(), target: endpoint.pointer(), reply: 0, info };
    client.write_registers(true, &stage.registers(Stub::Client, calls))?;
    stage.wait();
    stage.clear(bench)
}

/// Receives capabilities, and deletes each before it answers.
extern "C" fn take_capabilities(_: u64) -> ! {
    let endpoint = ENDPOINT.cap::<Endpoint>();
    let reply = REPLY.cap::<Reply>();
    let slot = initial::CNODE.slot(SLOT.get());
    ipc_buffer::set_receive_path(slot);
    let mut received = endpoint.recv(reply);
    loop {
        mark::close();
        assert!(received.info.extra_caps() == 1, "a capability arrives");
        // The slot exists; had it not been emptied, the next message would come without.
        let _ = slot.delete();
        mark::open::<2>();
        received = endpoint.reply_recv(reply, Message::EMPTY);
    }
}
