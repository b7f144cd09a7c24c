//! The card against a device of the test's own.

use std::vec;
use std::vec::Vec;

use libsys::service::packet::{Address, Card, Checksum, Frame};
use virtio::DeviceType;
use virtio::fake::{Device, FakeTransport, Setup};

use crate::NetworkCard;

const VERSION_1: u64 = virtio::VERSION_1;
const BOTH_SUMS: u64 = 0b11;
const ADDRESS_AND_STATUS: u64 = 1 << 5 | 1 << 16;
const RECEIVE: u16 = 0;
const SEND: u16 = 1;

fn start(features: u64) -> (Device, NetworkCard<FakeTransport>) {
    let setup = Setup {
        kind: DeviceType::Network,
        features,
        config: vec![0x52, 0x54, 0, 1, 2, 3, 1, 0],
        ..Setup::BLOCK
    };
    let (device, transport) = Device::new(setup);
    (device, NetworkCard::new(transport).expect("it starts"))
}

fn send(card: &mut NetworkCard<FakeTransport>, packet: &[u8], checksum: Checksum) -> bool {
    let Some(buffer) = card.prepare() else { return false };
    buffer[..packet.len()].copy_from_slice(packet);
    card.send(Frame::new(packet.len(), checksum).expect("a packet"));
    true
}

/// A packet comes, with this header.
fn bring(device: &Device, header: &[u8], packet: &[u8]) {
    let chain = device.take(RECEIVE).expect("a buffer");
    let bytes = [header, packet].concat();
    chain.write(0, &bytes);
    device.put(RECEIVE, chain.head, bytes.len() as u32);
}

#[test]
fn packets_go_out_behind_a_header() {
    let (device, mut card) = start(VERSION_1 | BOTH_SUMS | ADDRESS_AND_STATUS);
    assert_eq!(card.address(), Address([0x52, 0x54, 0, 1, 2, 3]));
    assert!(card.is_connected() && device.was_notified(RECEIVE));
    let unfinished = Checksum::Unfinished { start: 14, offset: 6 };
    assert!(send(&mut card, &[5; 60], unfinished));
    card.flush();
    assert!(device.was_notified(SEND));
    let sent = device.take(SEND).expect("a packet").read(0);
    let header = [1, 0, 0, 0, 0, 0, 14, 0, 6, 0, 0, 0];
    assert_eq!(sent, [&header[..], &[5; 60]].concat(), "the card finishes the sum");
}

#[test]
fn sums_are_finished_for_cards_that_cannot() {
    let (device, mut card) = start(ADDRESS_AND_STATUS);
    let mut packet = [0; 60];
    packet[14] = 1;
    assert!(send(&mut card, &packet, Checksum::Unfinished { start: 14, offset: 6 }));
    card.flush();
    let sent = device.take(SEND).expect("a packet").read(0);
    assert_eq!((sent.len(), &sent[..10]), (70, &[0; 10][..]), "the header of a legacy device");
    assert_eq!(sent[10 + 20..10 + 22], [0xfe, 0xff]);
}

#[test]
fn a_full_card_takes_no_more_until_it_has_sent_some() {
    let (device, mut card) = start(VERSION_1);
    let count = (0..200).take_while(|_| send(&mut card, &[1; 60], Checksum::Unknown)).count();
    assert_eq!(count, 64);
    card.flush();
    assert!(card.fall_asleep());
    let chain = device.take(SEND).expect("a packet");
    device.put(SEND, chain.head, 0);
    assert!(!card.fall_asleep(), "there is room already");
    card.interrupted();
    assert!(send(&mut card, &[2; 60], Checksum::Unknown));
}

#[test]
fn packets_come_with_what_the_card_knows_of_them() {
    let (device, mut card) = start(VERSION_1 | BOTH_SUMS);
    let mut packet = [0; 60];
    packet[14] = 1;
    bring(&device, &[2; 1].into_iter().chain([0; 11]).collect::<Vec<u8>>(), &packet);
    bring(&device, &[1, 0, 0, 0, 0, 0, 14, 0, 6, 0, 0, 0], &packet);
    // A part of something longer, one that is too short, one that is too long.
    bring(&device, &[0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], &packet);
    bring(&device, &[0; 12], &packet[..13]);
    bring(&device, &[0; 5], &[]);
    bring(&device, &[0; 12], &[3; 1518]);
    let verified = Frame::new(60, Checksum::Verified).expect("a packet");
    assert_eq!(card.received(), Some((verified, &packet[..])));
    assert_eq!(card.received(), Some((verified, &packet[..])), "until it is released");
    card.release();
    let (frame, seen) = card.received().expect("a packet");
    assert_eq!((frame.checksum(), &seen[20..22]), (Checksum::Unknown, &[0xfe, 0xff][..]));
    card.release();
    assert_eq!(card.received().map(|(frame, _)| frame.length()), Some(1518));
    card.release();
    assert!(card.received().is_none() && card.fall_asleep());
}

#[test]
fn a_card_that_misbehaves_is_started_again() {
    let (device, mut card) = start(VERSION_1);
    let chain = device.take(RECEIVE).expect("a buffer");
    device.put(RECEIVE, chain.head, 4000);
    assert!(card.received().is_none());
    assert_eq!(card.restarts(), 1);
    bring(&device, &[0; 12], &[7; 60]);
    assert!(card.received().is_some(), "with all of its buffers");
    card.release();
    assert!((0..64).all(|_| send(&mut card, &[1; 60], Checksum::Unknown)));
    device.put(SEND, 9999, 0);
    // "Busy" would let the switch wait for an interrupt that nobody has asked for.
    assert!(send(&mut card, &[1; 60], Checksum::Unknown), "the others are lost, there is room");
    assert_eq!(card.restarts(), 2);
    device.misbehave(|faults| faults.stays_busy = true);
    device.put(RECEIVE, 9999, 0);
    device.put(RECEIVE, 9999, 0);
    assert!(card.received().is_none());
    assert!(send(&mut card, &[1; 60], Checksum::Unknown), "nobody waits for a dead card");
    assert!(card.fall_asleep() && !card.is_connected());
}
