//! Sends numbered packets to another station until all are acknowledged, and exchanges echos with
//! the world outside, however often the driver of the card dies; or takes the packets, and looks
//! whether each is whole and in its turn.
#![no_std]
#![no_main]

use libsys::layout::Component;
use libsys::println;
use libsys::service::Restarts;
use libsys::service::packet::{Address, Checksum, Link, LinkError, MOST_BYTES, control};
use libsys::window::Window;
use systems::parcel::{Kind, Parcel};
use systems::wire::{self, Content, Ends, Internet, Packet};

/// The station that takes packets, and its sender.
const BOB: Address = Address([0x52, 0x54, 0, 0x12, 0x34, 0x57]);
/// The world outside, and the sender there.
const OUTSIDE: (Address, Internet) = (Address([0x52, 0x55, 0x0a, 0, 2, 2]), [10, 0, 2, 2]);
const OWN: Internet = [10, 0, 2, 15];
/// Packets under way.
const WINDOW: u64 = 8;
/// Packets at least.
const LEAST: u64 = 2000;

type Wire<'a> = Link<control::Client, &'a Window, &'a Restarts>;

/// Puts a packet into the ring, and waits until there is room.
fn put(link: &mut Wire<'_>, packet: &[u8], checksum: Checksum) -> Result<(), LinkError> {
    while !link.send(packet, checksum)? {
        link.flush();
        link.wait_room()?;
    }
    Ok(())
}

/// Who sends.
struct Sender<'a> {
    link: Wire<'a>,
    /// Restarts to be outlived.
    goal: u64,
    /// The session in which what is under way was sent.
    session: u64,
    /// Packets that bob has, and those that were sent in this session.
    acknowledged: u64,
    sent: u64,
    /// The number of the last packet, once it is known.
    last: Option<u64>,
    /// The number of the next echo, and whether it was asked for in this session.
    echo: u16,
    is_asked: bool,
    buffer: [u8; MOST_BYTES],
}

impl Sender<'_> {
    fn run(&mut self) -> Result<(), LinkError> {
        while self.last.is_none_or(|last| self.acknowledged < last) {
            if self.session != self.link.sessions() {
                (self.session, self.is_asked) = (self.link.sessions(), false);
                self.sent = self.acknowledged;
            }
            self.fill_window()?;
            self.link.flush();
            let mut buffer = self.buffer;
            match self.link.receive(&mut buffer)? {
                Some(frame) => self.received(&buffer[..frame.length()])?,
                None => self.link.wait()?,
            }
        }
        Ok(())
    }

    /// Sends what may be under way.
    fn fill_window(&mut self) -> Result<(), LinkError> {
        while self.sent < self.last.unwrap_or(u64::MAX).min(self.acknowledged + WINDOW) {
            let number = self.sent + 1;
            let has_enough = number >= LEAST && self.link.sessions() > self.goal;
            if has_enough && self.last.is_none() {
                self.last = Some(number);
            }
            let kind = if self.last == Some(number) { Kind::Last } else { Kind::Data };
            let length = Parcel { kind, number }.write(BOB, self.link.address(), &mut self.buffer);
            put(&mut self.link, &self.buffer[..length], Checksum::Unknown)?;
            self.sent = number;
        }
        if !self.is_asked {
            let (to, peer) = OUTSIDE;
            let ends = Ends { from: self.link.address(), own: OWN, to, peer };
            self.put(&wire::echo(ends, self.echo, true))?;
            self.is_asked = true;
        }
        Ok(())
    }

    fn put(&mut self, packet: &Packet) -> Result<(), LinkError> {
        put(&mut self.link, packet.bytes(), packet.checksum)
    }

    fn received(&mut self, packet: &[u8]) -> Result<(), LinkError> {
        match Parcel::read(packet) {
            Some(Ok(Parcel { kind: Kind::Taken, number })) => {
                self.acknowledged = self.acknowledged.max(number).min(self.sent);
            }
            // Bob has begun another session: what was under way before may be lost.
            Some(Ok(Parcel { kind: Kind::Again, .. })) => self.sent = self.acknowledged,
            _ => {}
        }
        match wire::look(packet) {
            Some((ends, Content::Question)) if ends.peer == OWN => {
                let back = Ends { from: self.link.address(), ..ends.back() };
                self.put(&wire::arp(back, false))?;
            }
            Some((_, Content::EchoReply(number))) if number == self.echo => {
                (self.echo, self.is_asked) = (self.echo.wrapping_add(1), false);
            }
            _ => {}
        }
        Ok(())
    }
}

/// Takes packets for ever, and says so when the last one has come.
fn take(name: &str, link: &mut Wire<'_>) -> Result<(), LinkError> {
    let mut packet = [0; MOST_BYTES];
    let (mut session, mut taken, mut spoiled) = (link.sessions(), 0, 0_u64);
    loop {
        let mut answer = None;
        match link.receive(&mut packet)? {
            None => {
                link.flush();
                link.wait()?;
            }
            Some(frame) => match Parcel::read(&packet[..frame.length()]) {
                Some(Ok(Parcel { kind: kind @ (Kind::Data | Kind::Last), number })) => {
                    if number == taken + 1 {
                        taken = number;
                        if kind == Kind::Last {
                            println!(
                                "{name}: all packets came in their order, {spoiled} of them spoiled"
                            );
                        }
                    }
                    answer = Some(if number > taken { Kind::Again } else { Kind::Taken });
                }
                Some(Ok(_)) | None => {}
                Some(Err(())) => spoiled += 1,
            },
        }
        if session != link.sessions() {
            session = link.sessions();
            answer = Some(Kind::Again);
        }
        if let Some(kind) = answer {
            let parcel = Parcel { kind, number: taken };
            let alice = Address([0x52, 0x54, 0, 0x12, 0x34, 0x56]);
            let length = parcel.write(alice, link.address(), &mut packet);
            put(link, &packet[..length], Checksum::Unknown)?;
        }
    }
}

#[libsys::main]
fn main(component: Component) -> Result<(), &'static str> {
    let name = component.name();
    let (memory, bell) = Restarts::listen(&component, "net").map_err(|_| "no ring")?;
    let driver = control::Client::new(component.endpoint("net").map_err(|_| "no driver")?);
    let mut link = Link::open(driver, &memory, &bell).map_err(|_| "no session")?;
    let mut words = component.arguments();
    let result = match (words.next(), words.next().and_then(|word| word.parse().ok())) {
        (Some("sends"), Some(goal)) => {
            let (session, buffer) = (link.sessions(), [0; MOST_BYTES]);
            let (acknowledged, sent, last, echo, is_asked) = (0, 0, None, 0, false);
            let mut sender =
                Sender { link, goal, session, acknowledged, sent, last, echo, is_asked, buffer };
            sender.run().map(|()| {
                println!("{name}: {} echos came", sender.echo);
                println!("{name}: {goal} restarts outlived, all packets are acknowledged");
            })
        }
        (Some("takes"), None) => take(name, &mut link),
        _ => return Err("its words are `sends GOAL` or `takes`"),
    };
    result.map_err(|error| {
        println!("{name}: {error}");
        "the driver is broken"
    })
}
