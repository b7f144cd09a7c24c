//! Measures what packets cost, between marks that a plugin of QEMU sees: to a neighbour, which
//! takes them, and through the card, out and back.
#![no_std]
#![no_main]

use libsys::layout::Component;
use libsys::println;
use libsys::service::Restarts;
use libsys::service::packet::{Checksum, Link, LinkError, MOST_BYTES, control};
use libsys::window::Window;
use work::packet::{BATCH, NEIGHBOUR, Packet, Packets, WORKS, is_answer, is_echo};

type Station<'a> = Link<control::Client, &'a Window, &'a Restarts>;

/// Waits for one that is wanted, and takes all that have come. Answers how many of those are
/// wanted.
fn receive(link: &mut Station<'_>, wanted: fn(&[u8]) -> bool) -> Result<usize, LinkError> {
    let mut packet = [0; MOST_BYTES];
    loop {
        let mut count = 0;
        while let Some(frame) = link.receive(&mut packet)? {
            count += usize::from(wanted(&packet[..frame.length()]));
        }
        link.flush();
        if count > 0 {
            return Ok(count);
        }
        link.wait()?;
    }
}

/// Sends a packet so many times.
fn send(link: &mut Station<'_>, packet: &[u8], times: usize) -> Result<(), LinkError> {
    for _ in 0..times {
        while !link.send(packet, Checksum::Unknown)? {
            link.wait_room()?;
        }
    }
    link.flush();
    Ok(())
}

/// Sends in batches; echoes of one have come before the next is sent.
fn window(link: &mut Station<'_>, packets: &Packets, packet: &[u8]) -> Result<(), LinkError> {
    for _ in 0..packets.work.requests as usize / BATCH {
        send(link, packet, BATCH)?;
        let mut echoes = 0;
        while packets.echoes && echoes < BATCH {
            echoes += receive(link, is_echo)?;
        }
    }
    Ok(())
}

/// Measures all.
fn measure(link: &mut Station<'_>) -> Result<(), LinkError> {
    let own = link.address().0;
    send(link, Packet::question(own).bytes(), 1)?;
    receive(link, is_answer)?;
    for packets in NEIGHBOUR.iter().chain(&WORKS) {
        println!("{}", packets.work);
        let packet = Packet::of(packets, own);
        packets.work.measure(|| window(link, packets, packet.bytes()))?;
    }
    Ok(())
}

#[libsys::main]
fn main(component: Component) -> Result<(), &'static str> {
    let name = component.name();
    let (memory, bell) = Restarts::listen(&component, "net").map_err(|_| "no ring")?;
    let driver = control::Client::new(component.endpoint("net").map_err(|_| "no driver")?);
    let mut link = Link::open(driver, &memory, &bell).map_err(|_| "no session")?;
    let broken = "the driver is broken";
    match component.arguments().next() {
        // Takes all that comes, for ever.
        Some("takes") => receive(&mut link, |_| false).map(drop).map_err(|_| broken),
        _ => {
            measure(&mut link).map_err(|_| broken)?;
            let refused = link.count().map_err(|_| broken)?.refused;
            println!("{name}: {refused} refused");
            Ok(())
        }
    }
}
