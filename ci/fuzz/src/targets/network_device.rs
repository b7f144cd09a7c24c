//! The driver of a network card whose device uses what it was not given, says any lengths, writes
//! any headers, and interrupts without work.

use libsys::service::packet::{Card, Checksum, Frame, HEADER_BYTES, MOST_BYTES};
use virtio::DeviceType;
use virtio::fake::{Chain, Device, Setup};
use virtio_net::NetworkCard;

use super::Target;

/// The target: the features first, then a step for each three bytes.
pub(super) const TARGET: Target = Target {
    name: "network_device",
    run,
    words: &[&[0, 0, 72], &[1, 0, 0], &[2, 0, 0], &[3, 60, 0], &[4, 0, 1], &[5, 0, 72], &[6, 0, 2]],
};

fn run(bytes: &[u8]) {
    let Some(([features], steps)) = bytes.split_first_chunk() else { return };
    // Both checksums, the address, the status, and whether it is a modern device.
    let features = u64::from(*features);
    let offered = (features & 0b11) | (features & 4) << 3 | (features & 8) << 13;
    let offered = offered | if features & 16 == 0 { virtio::VERSION_1 } else { 0 };
    let config = vec![2, 0, 0, 0, 0, 1, 1, 0];
    let setup = Setup { kind: DeviceType::Network, features: offered, config, ..Setup::BLOCK };
    let (device, transport) = Device::new(setup);
    let Ok(mut card) = NetworkCard::new(transport) else { return };
    let mut taken = Vec::new();
    for step in steps.as_chunks::<3>().0 {
        device_step(&device, &mut taken, *step);
        driver_step(&mut card, *step);
    }
}

/// Something that the device does.
fn device_step(device: &Device, taken: &mut Vec<Chain>, [what, place, value]: [u8; 3]) {
    let queue = u16::from(what >> 7);
    match what % 8 {
        0 => {
            if let Some(chain) = device.take(queue) {
                let mut packet = [value; 80];
                packet[..2].copy_from_slice(&[place, place >> 4]);
                chain.write(0, &packet);
                device.put(queue, chain.head, value.into());
                taken.push(chain);
            }
        }
        4 => device.put(queue, place.into(), u32::from(value) << (place & 0x1f)),
        5 => {
            // Once more what it had before.
            if let Some(chain) = taken.get(usize::from(place)) {
                device.put(queue, chain.head, value.into());
            }
        }
        6 => device.set_used_index(queue, u16::from_le_bytes([value, place])),
        7 => device.want_notifications(queue, value % 2 == 0),
        _ => device.interrupt(),
    }
}

/// Something that the driver does.
fn driver_step<T: virtio::Transport>(card: &mut NetworkCard<T>, [what, place, value]: [u8; 3]) {
    match what / 8 % 4 {
        0 => {
            for _ in 0..4 {
                let Some((frame, packet)) = card.received() else { break };
                assert_eq!(frame.length(), packet.len());
                assert!((HEADER_BYTES..=MOST_BYTES).contains(&packet.len()));
                assert!(!matches!(frame.checksum(), Checksum::Unfinished { .. }));
                card.release();
            }
        }
        1 => {
            let checksum = Checksum::Unfinished { start: place.into(), offset: value.into() };
            let frame = Frame::new(60 + usize::from(value), checksum);
            if let (Some(frame), true) = (frame, card.prepare().is_some()) {
                card.send(frame);
            }
            card.flush();
        }
        2 => card.interrupted(),
        _ => drop(card.fall_asleep()),
    }
}
