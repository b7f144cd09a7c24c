//! Packets on a network.

use std::io;

use crate::machine::network::{Batch, Card};
use work::packet::{BATCH, Packet, Packets, WORKS, is_answer, is_echo};

/// Does all works.
pub(crate) fn measure() -> io::Result<()> {
    let card = Card::open("eth0")?;
    let question = Packet::question(card.address());
    card.send(&question, 1)?;
    let mut batch = Batch::new();
    while !card.receive(&mut batch)?.any(is_answer) {}
    for packets in &WORKS {
        println!("{}", packets.work);
        let packet = Packet::of(packets, card.address());
        packets.work.measure(|| window(&card, packets, &packet, &mut batch))?;
    }
    Ok(())
}

/// Sends in batches; echoes of one have come before the next is sent.
fn window(card: &Card, packets: &Packets, packet: &Packet, batch: &mut Batch) -> io::Result<()> {
    for _ in 0..packets.work.requests as usize / BATCH {
        card.send(packet, BATCH)?;
        let mut echoes = 0;
        while packets.echoes && echoes < BATCH {
            echoes += card.receive(batch)?.filter(|packet| is_echo(packet)).count();
        }
    }
    Ok(())
}
