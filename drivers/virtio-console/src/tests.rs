//! The console against a device of the test's own.

use std::vec::Vec;

use libsys::Badge;
use libsys::ring::Quiet;
use libsys::server::Recorded;
use libsys::service::terminal::interface::Read;
use libsys::service::terminal::{Refusal, Settings};
use terminal::{Line, Multiplexer, Party};
use virtio::DeviceType;
use virtio::fake::{Device, FakeTransport, Setup};

use crate::Console;

fn start() -> (Device, Console<FakeTransport>) {
    let (device, transport) = Device::new(Setup { kind: DeviceType::Console, ..Setup::BLOCK });
    (device, Console::new(transport).expect("it starts"))
}

/// What comes in, and whether something was lost before it.
fn typed(console: &mut Console<FakeTransport>) -> (Vec<u8>, bool) {
    let mut lost = false;
    let arrivals = core::iter::from_fn(|| console.receive());
    let typed = arrivals.map(|arrival| {
        lost |= arrival.overrun;
        arrival.character.expect("a whole one")
    });
    (typed.collect(), lost)
}

fn type_in(device: &Device, text: &[u8]) {
    let chain = device.take(0).expect("a buffer");
    chain.write(0, text);
    device.put(0, chain.head, text.len() as u32);
}

#[test]
fn what_is_typed_comes_in_its_order_for_ever() {
    let (device, mut console) = start();
    assert!(device.was_notified(0));
    for round in 0..40_u8 {
        type_in(&device, &[round, 1]);
        type_in(&device, &[]);
        type_in(&device, &[2]);
        assert_eq!(typed(&mut console), ([round, 1, 2].to_vec(), false));
    }
}

#[test]
fn what_does_not_fit_is_sent_when_there_is_room() {
    let (device, mut console) = start();
    let text: Vec<u8> = (0..3000_u32).map(|number| number as u8).collect();
    assert_eq!(console.send(&text), 8 * 256);
    assert_eq!(console.send(&text[2048..]), 0);
    let mut seen = Vec::new();
    let mut sent = 2048;
    while let Some(chain) = device.take(1) {
        seen.extend(chain.read(0));
        device.put(1, chain.head, 0);
        sent += console.send(&text[sent..]);
    }
    assert_eq!(seen, text);
}

#[test]
fn a_device_that_misbehaves_is_started_again() {
    let (device, mut console) = start();
    device.put(0, 99, 5);
    assert_eq!(typed(&mut console).0, []);
    type_in(&device, b"x");
    assert_eq!(typed(&mut console), (b"x".to_vec(), true), "some may be lost");
    device.put(1, 4, 0);
    assert_eq!(console.send(b"hello"), 5);
    device.misbehave(|faults| faults.stays_busy = true);
    device.put(1, 9, 0);
    assert!(!console.is_lost());
    assert_eq!(console.send(b"hello"), 0, "nobody will see it");
    assert!(console.is_lost());
    assert_eq!(typed(&mut console).0, []);
}

#[test]
fn there_is_nothing_to_be_set() {
    let (_, mut console) = start();
    assert_eq!(console.configure(console.settings()), Ok(()));
    let other = Settings { baud: 9600, ..Settings::USUAL };
    assert_eq!(console.configure(other), Err(Refusal::Impossible));
}

/// One interrupt announces a buffer, however much is in it.
#[test]
fn a_long_text_comes_with_one_interrupt() {
    let (device, console) = start();
    let party = Party { badge: Badge(1), name: "a", bell: None::<Quiet>, may_configure: false };
    let mut terminal = Multiplexer::<_, Recorded, _>::new(console, [party], 0, 4, false);
    type_in(&device, &[b'x'; 250]);
    let rounds = (0..9).take_while(|_| terminal.attend()).count();
    assert!(rounds < 9, "it ends");
    let mut length = 0;
    for _ in 0..3 {
        let caller = Recorded::new();
        terminal.called(&caller.ask(1, &Read { waits: false }), caller.clone());
        let input = caller.answer::<Read>().expect("answered").expect("input");
        length += input.bytes.len();
    }
    assert_eq!(length, 250);
}
