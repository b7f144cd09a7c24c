//! A virtio device that does what it likes, for the targets of several drivers.

use virtio::fake::{Chain, Device};

/// What it does, in the first of three bytes: bits 0 to 2; bit 7 is the queue.
pub(super) struct Hostile {
    pub(super) device: Device,
    /// Chains that it has had, perhaps more than once.
    taken: Vec<Chain>,
    /// Whether it has only done so far what devices may do.
    pub(super) is_honest: bool,
}

impl Hostile {
    pub(super) fn new(device: Device) -> Self {
        Self { device, taken: Vec::new(), is_honest: true }
    }

    /// Something that the device does. `look` sees each chain that it takes.
    pub(super) fn step(&mut self, [what, place, value]: [u8; 3], look: impl FnOnce(u16, &Chain)) {
        let (device, queue) = (&self.device, u16::from(what >> 7));
        match what % 8 {
            0 => {
                if let Some(chain) = device.take(queue) {
                    look(queue, &chain);
                    self.use_up(queue, &chain, [place, value]);
                    self.taken.push(chain);
                }
                return;
            }
            // An interrupt without work is no lie.
            1 => return device.interrupt(),
            7 => return device.want_notifications(queue, value % 2 == 0),
            2 => device.misbehave(|faults| {
                faults.uses_unasked = value & 1 != 0;
                faults.refuses_features = value & 6 == 6;
                faults.changes_config = value & 24 == 24;
            }),
            3 => device.misbehave(|faults| faults.stays_busy = value == 0xff),
            4 => device.put(queue, place.into(), u32::from(value) << (place & 0x1f)),
            5 => {
                // Once more what it had before.
                let Some(chain) = self.taken.get(usize::from(place)) else { return };
                device.put(queue, chain.head, value.into());
            }
            _ => device.set_used_index(queue, u16::from_le_bytes([value, place])),
        }
        self.is_honest = false;
    }

    /// Writes into a chain, and says so: all of it, or else what it likes.
    fn use_up(&mut self, queue: u16, chain: &Chain, [place, value]: [u8; 2]) {
        let room = chain.writable.iter().map(|(_, bytes)| bytes).sum::<u32>();
        for (number, (_, bytes)) in chain.writable.iter().enumerate() {
            chain.write(number, &vec![value; (*bytes as usize).min(1 << 13)]);
        }
        // What it says in a status is honest only if that is written last.
        let last = chain.writable.len().wrapping_sub(1);
        if place % 2 == 0 {
            chain.write(last, &[0]);
        }
        let written = if place < 0x80 { room } else { u32::from(value) << (place & 0x1f) };
        self.is_honest &= written <= room;
        self.device.put(queue, chain.head, written);
    }

    /// From now on it does what it should, as far as it still can.
    pub(super) fn behave(&self) {
        self.device.misbehave(|faults| *faults = virtio::fake::Faults::default());
    }
}
