//! A function of PCI whose configuration says anything: capabilities anywhere, in circles, beyond
//! the memory that the layout gives.

use dma::fake::Memory;
use libsys::layout::Bar;
use virtio::Transport;
use virtio::pci::PciTransport;

use super::Target;

/// The target: what differs from the configuration of a good function, as places and bytes.
pub(super) const TARGET: Target = Target {
    name: "pci_function",
    run,
    words: &[&[0x34, 0x40], &[0x41, 0x40], &[0x44, 4], &[0x49, 0x10], &[0x20, 0xc]],
};

fn run(bytes: &[u8]) {
    let (configuration, registers) = (Memory::new(1), Memory::new(2));
    let page = configuration.window();
    page.write_register(0, 0x1041_1af4);
    page.write_register(4, 0x0010_0000);
    page.write_register(0x20, 0xc);
    page.write_byte(0x34, 0x40);
    for (kind, at) in (1_u32..5).zip((0x40..).step_by(0x18)) {
        let next = if kind == 4 { 0 } else { at as u32 + 0x18 };
        page.write_register(at, kind << 24 | 20 << 16 | next << 8 | 9);
        page.write_register(at + 4, 4);
        page.write_register(at + 8, (kind - 1) * 0x400);
        page.write_register(at + 12, 0x400);
        page.write_register(at + 16, 4);
    }
    let (pairs, rest) = bytes.as_chunks::<2>();
    for [place, value] in pairs {
        page.write_byte((*place).into(), *value);
        // The registers, too, say anything.
        registers.window().write_byte(u64::from(*place) * 8, *value);
    }
    let bar = Bar { number: 4, window: registers.window(), physical: 0x1000_0000 };
    let Ok(mut transport) = PciTransport::new(configuration.window(), [bar].into_iter()) else {
        return;
    };
    let queue = u16::from(rest.first().copied().unwrap_or_default());
    let _ = (transport.read_device_features(), transport.max_queue_size(queue));
    transport.queue_set(queue, 64, 0x1000, 0x2000, 0x3000);
    transport.notify(queue);
    let _ = (transport.ack_interrupt(), transport.read_config_generation());
    let _ = transport.read_config_space::<[u8; 6]>(usize::from(queue));
    let _ = transport.read_config_space::<u32>(4 * usize::from(queue));
    let _ = transport.write_config_space(2 * usize::from(queue), 7_u16);
}
