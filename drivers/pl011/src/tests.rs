//! The driver on a UART in software.

use std::vec::Vec;

use libsys::service::terminal::{Parity, Refusal, Settings};
use proptest::prelude::*;
use terminal::{Arrival, Damage, Line};

use crate::fake::FakeUart;
use crate::registers::{Register, Registers, data};
use crate::{Framing, Uart};

const CLOCK: u32 = 24_000_000;

fn started() -> (FakeUart, Uart<FakeUart>) {
    let device = FakeUart::new();
    let uart = Uart::start(device.clone(), CLOCK, Settings::USUAL).expect("possible");
    (device, uart)
}

fn good(byte: u8) -> Arrival {
    Arrival { character: Ok(byte), overrun: false }
}

#[test]
fn the_device_is_set_up() {
    let (device, _) = started();
    let framing = Framing::new(&Settings::USUAL, CLOCK).expect("possible");
    assert_eq!(device.read(Register::BaudWhole), framing.whole);
    assert_eq!(device.read(Register::BaudFraction), framing.fraction);
    assert_eq!(device.read(Register::LineControl), framing.line);
    assert_eq!(device.read(Register::Control), 0x301);
    assert!(!device.interrupts());
}

#[test]
fn a_new_driver_loses_nothing_that_the_old_one_sent() {
    let (device, mut old) = started();
    assert_eq!(old.send(b"acknowledged"), 12);
    let _new = Uart::start(device.clone(), CLOCK, Settings::USUAL).expect("possible");
    device.drain(12);
    assert_eq!(device.take_sent(), b"acknowledged");
}

#[test]
fn what_has_no_room_follows_after_an_interrupt() {
    let (device, mut uart) = started();
    let text: Vec<u8> = (0..40).collect();
    assert_eq!(uart.send(&text), 16);
    assert!(!device.interrupts());
    device.drain(13);
    assert!(!device.interrupts());
    device.drain(1);
    assert!(device.interrupts(), "two are left");
    let sent = 16 + uart.send(&text[16..]);
    assert!(!device.interrupts());
    device.drain(16);
    assert!(device.interrupts() && sent < text.len());
    assert_eq!(sent + uart.send(&text[sent..]), text.len());
    device.drain(16);
    assert!(!device.interrupts(), "nothing more is to be sent");
    assert_eq!(device.take_sent(), text);
}

#[test]
fn what_comes_in_interrupts_at_the_level_and_after_a_pause() {
    let (device, mut uart) = started();
    device.arrive([b'a'.into(), b'b'.into()]);
    assert!(!device.interrupts());
    device.pause();
    assert!(device.interrupts());
    assert_eq!((uart.receive(), uart.receive()), (Some(good(b'a')), Some(good(b'b'))));
    assert!(!device.interrupts() && uart.receive().is_none());
    device.arrive(core::iter::repeat_n(b'x'.into(), 8));
    assert!(device.interrupts());
}

#[test]
fn errors_are_told_apart() {
    let (device, mut uart) = started();
    let broken = data::BREAK | data::FRAMING;
    device.arrive([data::PARITY | 65, data::FRAMING | 65, broken, data::OVERRUN | 65]);
    let damaged = |damage| Some(Arrival { character: Err(damage), overrun: false });
    assert_eq!(uart.receive(), damaged(Damage::Parity));
    assert_eq!(uart.receive(), damaged(Damage::Framing));
    assert_eq!(uart.receive(), damaged(Damage::Break));
    assert_eq!(uart.receive(), Some(Arrival { character: Ok(65), overrun: true }));
}

#[test]
fn settings_change_when_nothing_is_on_its_way() {
    let (device, mut uart) = started();
    let slow = Settings { baud: 9600, parity: Parity::Even, stop_bits: 2, data_bits: 7 };
    let _ = uart.send(b"x");
    assert_eq!(uart.configure(slow), Err(Refusal::Busy));
    device.drain(1);
    assert_eq!(uart.configure(Settings { baud: 1, ..slow }), Err(Refusal::Impossible));
    assert_eq!(uart.settings(), Settings::USUAL);
    assert_eq!(uart.configure(slow), Ok(()));
    let framing = Framing::new(&slow, CLOCK).expect("possible");
    assert_eq!(device.read(Register::LineControl), framing.line);
    assert_eq!((uart.settings(), uart.send(b"y")), (slow, 1));
}

proptest! {
    #[test]
    fn bytes_keep_their_order(
        text in prop::collection::vec(any::<u8>(), 0..200),
        step in 1..20_usize,
    ) {
        let (device, mut uart) = started();
        let mut sent = uart.send(&text);
        let mut rounds = 0;
        while sent < text.len() {
            device.drain(step);
            if device.interrupts() {
                sent += uart.send(&text[sent..]);
            }
            rounds += 1;
            prop_assert!(rounds < 1000, "the device interrupts when there is room");
        }
        device.drain(16);
        prop_assert_eq!(device.take_sent(), text);
    }

    #[test]
    fn a_lying_device_is_bounded(
        lies in prop::collection::vec(any::<u32>(), 1..20),
        text: Vec<u8>,
    ) {
        let device = FakeUart::lying(&lies);
        let mut uart = Uart::start(device, CLOCK, Settings::USUAL).expect("possible");
        prop_assert!(uart.send(&text) <= text.len());
        let _ = uart.receive();
        let _ = uart.configure(Settings { baud: 9600, ..Settings::USUAL });
    }
}
