//! Measures what packets cost: to a neighbour, which takes them, and out through the card. Where
//! the machine counts one instruction to the nanosecond of its time, that is in instructions.
#![no_std]
#![no_main]

use libsys::layout::Component;
use libsys::println;
use libsys::ring::Doorbell;
use libsys::service::packet::{Address, Checksum, Link, LinkError, MOST_BYTES, control};
use libsys::time::Counter;
use libsys::window::Window;

/// Packets that are counted, after as many that are not.
const TIMES: u128 = 512;
/// Packets between two moments at which the driver is woken.
const BATCH: u128 = 16;
/// The station that takes packets, and one that is not there.
const SINK: Address = Address([0x52, 0x54, 0, 0x12, 0x34, 0x57]);
const OUTSIDE: Address = Address([0x52, 0x55, 0x0a, 0, 2, 2]);
/// What the packets carry is of no known protocol (IEEE 802: for experiments).
const EXPERIMENT: [u8; 2] = [0x88, 0xb5];

type Station<'a> = Link<control::Client, &'a Window, Doorbell>;

/// Takes all that comes, for ever.
fn take(link: &mut Station<'_>) -> Result<(), LinkError> {
    let mut packet = [0; MOST_BYTES];
    loop {
        while link.receive(&mut packet)?.is_some() {}
        link.flush();
        link.wait()?;
    }
}

/// Sends so many batches of a packet.
fn send(link: &mut Station<'_>, packet: &[u8], batches: u128) -> Result<(), LinkError> {
    for _ in 0..batches {
        for _ in 0..BATCH {
            while !link.send(packet, Checksum::Unknown)? {
                link.wait_room()?;
            }
        }
        link.flush();
    }
    Ok(())
}

/// Nanoseconds for each packet of this length to this station.
fn measure(link: &mut Station<'_>, to: Address, length: usize) -> Result<u128, LinkError> {
    let mut packet = [0x5a; MOST_BYTES];
    packet[..6].copy_from_slice(&to.0);
    packet[6..12].copy_from_slice(&link.address().0);
    packet[12..14].copy_from_slice(&EXPERIMENT);
    let (packet, counter) = (&packet[..length], Counter::new());
    send(link, packet, TIMES / BATCH)?;
    let started = counter.now();
    send(link, packet, TIMES / BATCH)?;
    Ok((counter.now() - started).as_nanos() / TIMES)
}

/// Measures all, and says so.
fn report(name: &str, link: &mut Station<'_>) -> Result<(), LinkError> {
    for (to, way) in [(SINK, "to a neighbour"), (OUTSIDE, "out")] {
        for length in [64, 1500] {
            let each = measure(link, to, length)?;
            println!("{name}: {each} instructions for a packet of {length} bytes {way}");
        }
    }
    println!("{name}: {} refused", link.count()?.refused);
    Ok(())
}

#[libsys::main]
fn main(component: Component) -> Result<(), &'static str> {
    let name = component.name();
    let (memory, bell) = component.ring("net").map_err(|_| "no ring")?;
    let driver = control::Client::new(component.endpoint("net").map_err(|_| "no driver")?);
    let mut link = Link::open(driver, &memory, bell).map_err(|_| "no session")?;
    let result = match component.arguments().next() {
        Some("takes") => take(&mut link),
        _ => report(name, &mut link),
    };
    result.map_err(|_| "the driver is broken")
}
