//! A station on a network: answers, or asks others.
#![no_std]
#![no_main]

use libsys::layout::{Component, Missing};
use libsys::println;
use libsys::service::Restarts;
use libsys::service::packet::{Address, Checksum, Link, LinkError, MOST_BYTES, control};
use libsys::window::Window;
use systems::wire::{self, Content, Ends, Internet, Packet};

/// Echo requests to each.
const ECHOS: u16 = 8;
/// The number of the DHCP transaction.
const TRANSACTION: u32 = 0x7e55_e7a0;

/// Why it stops.
enum Failure {
    Missing(Missing<'static>),
    Link(LinkError),
    Words,
}

impl core::fmt::Debug for Failure {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Missing(missing) => write!(f, "{missing}"),
            Self::Link(error) => write!(f, "{error}"),
            Self::Words => f.write_str("its words are an address, and what to do"),
        }
    }
}

impl From<Missing<'static>> for Failure {
    fn from(missing: Missing<'static>) -> Self {
        Self::Missing(missing)
    }
}

impl From<LinkError> for Failure {
    fn from(error: LinkError) -> Self {
        Self::Link(error)
    }
}

/// A station with its address.
struct Station<'a> {
    name: &'static str,
    link: Link<control::Client, &'a Window, &'a Restarts>,
    own: Internet,
    buffer: [u8; MOST_BYTES],
}

impl Station<'_> {
    fn ends(&self, to: Address, peer: Internet) -> Ends {
        Ends { from: self.link.address(), own: self.own, to, peer }
    }

    fn send(&mut self, packet: &Packet) -> Result<(), Failure> {
        while !self.link.send(packet.bytes(), packet.checksum)? {
            self.link.wait_room()?;
        }
        self.link.flush();
        Ok(())
    }

    /// Waits for the next packet that it understands, and answers questions.
    fn next(&mut self) -> Result<(Ends, Content), Failure> {
        loop {
            let Some(frame) = self.link.receive(&mut self.buffer)? else {
                self.link.flush();
                self.link.wait()?;
                continue;
            };
            let Some((ends, content)) = wire::look(&self.buffer[..frame.length()]) else {
                continue;
            };
            let back = Ends { from: self.link.address(), ..ends.back() };
            match content {
                Content::Question if ends.peer == self.own => self.send(&wire::arp(back, false))?,
                Content::EchoRequest(number) if ends.peer == self.own => {
                    self.send(&wire::echo(back, number, false))?;
                }
                _ => {}
            }
            return Ok((ends, content));
        }
    }

    /// Asks who has an address, and whether it is well.
    fn visit(&mut self, peer: Internet) -> Result<(), Failure> {
        self.send(&wire::arp(self.ends(Address::BROADCAST, peer), true))?;
        let there = loop {
            let (ends, content) = self.next()?;
            if content == Content::Answer && ends.own == peer {
                break ends.from;
            }
        };
        let [a, b, c, d] = peer;
        println!("{}: {a}.{b}.{c}.{d} is at {there}", self.name);
        let ends = self.ends(there, peer);
        (0..ECHOS).try_for_each(|number| self.send(&wire::echo(ends, number, true)))?;
        let mut answered = 0;
        while answered < ECHOS {
            let (ends, content) = self.next()?;
            answered += u16::from(ends.own == peer && content == Content::EchoReply(answered));
        }
        println!("{}: {a}.{b}.{c}.{d} answers {answered} of {ECHOS} echo requests", self.name);
        Ok(())
    }

    /// Asks for an address.
    fn discover(&mut self) -> Result<(), Failure> {
        self.send(&wire::discover(self.link.address(), TRANSACTION))?;
        loop {
            let (ends, content) = self.next()?;
            if let Content::Offer(TRANSACTION, [a, b, c, d]) = content {
                let [w, x, y, z] = ends.own;
                println!("{}: {w}.{x}.{y}.{z} offers {a}.{b}.{c}.{d} by DHCP", self.name);
                return Ok(());
            }
        }
    }

    /// Sends with the address of its neighbour.
    fn pretend(&mut self, neighbour: Address) -> Result<(), Failure> {
        let packet = wire::arp(Ends { from: neighbour, ..self.ends(neighbour, self.own) }, true);
        self.link.send(packet.bytes(), Checksum::Unknown)?;
        self.link.flush();
        // One more of its own behind it: when that has an answer, the driver has seen both.
        self.discover_quietly()?;
        let refused = self.link.count()?.refused;
        println!("{}: as bob it may not send: {refused} refused", self.name);
        Ok(())
    }

    fn discover_quietly(&mut self) -> Result<(), Failure> {
        self.send(&wire::discover(self.link.address(), TRANSACTION))?;
        while !matches!(self.next()?, (_, Content::Offer(TRANSACTION, _))) {}
        Ok(())
    }
}

/// The address that a word is.
fn internet(word: Option<&str>) -> Result<Internet, Failure> {
    let mut parts = word.unwrap_or_default().split('.');
    let mut address = [0; 4];
    for byte in &mut address {
        *byte = parts.next().and_then(|part| part.parse().ok()).ok_or(Failure::Words)?;
    }
    Ok(address)
}

#[libsys::main]
fn main(component: Component) -> Result<(), Failure> {
    let (name, mut words) = (component.name(), component.arguments());
    let (own, what) = (internet(words.next())?, words.next().ok_or(Failure::Words)?);
    let (memory, bell) = Restarts::listen(&component, "net")?;
    let driver = control::Client::new(component.endpoint("net")?);
    let link = Link::open(driver, &memory, &bell)?;
    println!("{name}: {what} as {}", link.address());
    let mut station = Station { name, link, own, buffer: [0; MOST_BYTES] };
    if what == "answers" {
        loop {
            station.next()?;
        }
    }
    for word in words {
        station.visit(internet(Some(word))?)?;
    }
    station.discover()?;
    station.pretend(Address([0x52, 0x54, 0, 0x12, 0x34, 0x57]))
}
