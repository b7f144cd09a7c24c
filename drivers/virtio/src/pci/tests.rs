//! A function in plain memory: what is written there stays, and nothing else happens.

use std::vec;
use std::vec::Vec;

use dma::fake::Memory;

use super::*;

const PHYSICAL: u64 = 0x1000_4000;

/// The configuration of a network card with a register of 64 bits as BAR 4, and its memory.
struct Fake {
    configuration: Memory,
    registers: Memory,
}

impl Fake {
    fn new() -> Self {
        let fake = Self { configuration: Memory::new(1), registers: Memory::new(4) };
        let page = fake.configuration.window();
        page.write_register(0, 0x1041_1af4);
        page.write_register(4, 0x0010_0006);
        page.write_register(0x20, 0xc);
        page.write_byte(0x34, 0x40);
        let capabilities =
            [(1, 0, 0x1000), (3, 0x1000, 0x1000), (4, 0x2000, 0x1000), (2, 0x3000, 0x1000)];
        for ((kind, offset, bytes), at) in capabilities.into_iter().zip((0x40..).step_by(0x18)) {
            let next = if kind == 2 { 0 } else { at + 0x18 };
            page.write_register(at, kind << 24 | 20 << 16 | (next as u32) << 8 | 9);
            page.write_register(at + 4, 4);
            page.write_register(at + 8, offset);
            page.write_register(at + 12, bytes);
            page.write_register(at + 16, 4);
        }
        fake
    }

    fn bars(&self) -> Vec<Bar> {
        vec![Bar { number: 4, window: self.registers.window(), physical: PHYSICAL }]
    }

    /// A base address register of plain memory keeps every bit, as if it led to 16 bytes.
    fn transport(&self) -> Result<PciTransport, PciError> {
        PciTransport::new(self.configuration.window(), self.bars().into_iter())
    }
}

#[test]
fn addresses_are_written_and_memory_is_opened_then() {
    let fake = Fake::new();
    let transport = fake.transport().expect("a function");
    assert_eq!(transport.device_type(), DeviceType::Network);
    let page = fake.configuration.window();
    assert_eq!((page.read_register(0x20), page.read_register(0x24)), (PHYSICAL as u32, 0));
    assert_eq!(page.read_half(4) & 0b110, 0b110);
}

#[test]
fn a_function_that_was_silenced_interrupts_again() {
    let fake = Fake::new();
    let page = fake.configuration.window();
    page.write_half(4, 1 << 10 | 1 << 1);
    let _ = fake.transport().expect("a function");
    assert_eq!(page.read_half(4) & (1 << 10 | 0b110), 0b110);
}

#[test]
fn what_an_earlier_driver_has_begun_is_ended_before_memory_is_reached() {
    let fake = Fake::new();
    fake.registers.window().write_byte(20, 0xf);
    let _ = fake.transport().expect("a function");
    assert_eq!(fake.registers.window().read_byte(20), 0);
}

#[test]
fn fields_are_where_the_standard_has_them() {
    let fake = Fake::new();
    let mut transport = fake.transport().expect("a function");
    let registers = fake.registers.window();
    transport.queue_set(3, 64, 0x1_2345_6000, 0x1_2345_7000, 0x1_2345_8000);
    assert_eq!((registers.read_half(22), registers.read_half(24)), (3, 64));
    assert_eq!(registers.read_word(32), 0x1_2345_6000);
    assert_eq!(registers.read_word(40), 0x1_2345_7000);
    assert_eq!(registers.read_word(48), 0x1_2345_8000);
    assert!(transport.queue_used(3));
    transport.set_status(DeviceStatus::DRIVER);
    assert_eq!((registers.read_byte(20), transport.get_status()), (2, DeviceStatus::DRIVER));
    registers.write_half(30, 5);
    transport.queue_set(1, 64, 0, 0, 0);
    transport.notify(1);
    assert_eq!(registers.read_half(0x3000 + 5 * 4), 1);
    transport.notify(2);
    transport.notify(u16::MAX);
    registers.write_byte(0x1000, 3);
    assert_eq!(transport.ack_interrupt().bits(), 3);
    registers.write_bytes(0x2000, &[0x52, 0x54, 0, 0x12, 0x34, 0x56, 1, 0]);
    assert_eq!(transport.read_config_space(0), Ok([0x52_u8, 0x54, 0, 0x12, 0x34, 0x56]));
    assert_eq!(transport.read_config_space(6), Ok(1_u16));
    assert_eq!(transport.write_config_space(8, 0x0102_0304_u32), Ok(()));
    assert_eq!(registers.read_register(0x2008), 0x0102_0304);
    assert_eq!(transport.read_config_space::<u32>(0xffe), Err(Error::ConfigSpaceTooSmall));
}

#[test]
fn what_the_layout_does_not_give_is_not_used() {
    let change = |change: &dyn Fn(&Window)| {
        let fake = Fake::new();
        change(&fake.configuration.window());
        fake.transport().map(drop)
    };
    assert_eq!(
        change(&|page| page.write_register(0, u32::MAX)),
        Err(PciError::Identity(0xffff, 0xffff))
    );
    assert_eq!(change(&|page| page.write_register(0x20, 1)), Err(PciError::Bar(4)), "ports");
    assert_eq!(change(&|page| page.write_byte(0x44, 1)), Err(PciError::Structure(1)), "BAR 1");
    assert_eq!(change(&|page| page.write_register(0x48, 0x3004)), Err(PciError::Structure(1)));
    assert_eq!(change(&|page| page.write_register(0x48, u32::MAX)), Err(PciError::Structure(1)));
    assert_eq!(
        change(&|page| page.write_byte(0x41, 0x40)),
        Err(PciError::Structure(2)),
        "a circle"
    );
    assert_eq!(change(&|page| page.write_half(6, 0)), Err(PciError::Structure(1)), "no list");
    // A place for notifications beyond the structure is none.
    let fake = Fake::new();
    let mut transport = fake.transport().expect("a function");
    fake.registers.window().write_half(30, 0x400);
    transport.queue_set(0, 64, 0, 0, 0);
    transport.notify(0);
}
