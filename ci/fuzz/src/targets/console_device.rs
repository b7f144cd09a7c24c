//! The driver of a virtio console whose device uses what it was not given, says any lengths, and
//! interrupts without work.

use core::cell::RefCell;

use terminal::Line;
use virtio::DeviceType;
use virtio::fake::{Device, Setup};
use virtio_console::Console;

use super::Target;
use super::hostile::Hostile;

/// The target: a step for each three bytes.
pub(super) const TARGET: Target = Target {
    name: "console_device",
    run,
    words: &[
        &[8, 0, 9],
        &[16, 1, 2],
        &[0, 0, 7],
        &[128, 0, 0],
        &[4, 0, 1],
        &[2, 0, 1],
        &[3, 0, 255],
    ],
};

/// Steps of an execution: more of them find nothing else.
const STEPS: usize = 200;

fn run(bytes: &[u8]) {
    let (device, transport) = Device::new(Setup { kind: DeviceType::Console, ..Setup::BLOCK });
    let Ok(mut console) = Console::new(transport) else { return };
    let mut hostile = Hostile::new(device);
    // What was to be printed, and what has reached an honest device.
    let (mut printed, heard) = (Vec::new(), RefCell::new(Vec::new()));
    for step in bytes.as_chunks::<3>().0.iter().take(STEPS) {
        let [what, place, value] = *step;
        match what >> 3 & 15 {
            1 => {
                let text = vec![value; usize::from(place) * 17];
                let sent = console.send(&text);
                assert!(sent <= text.len());
                printed.extend_from_slice(&text[..sent]);
            }
            2 => {
                // A device may have more and more; who takes it stops at some time.
                let _ = (0..64).take_while(|_| console.receive().is_some()).count();
            }
            _ => hostile.step(*step, |queue, chain| {
                for place in 0..chain.readable.len() {
                    assert_eq!(queue, 1, "nothing is printed on the other queue");
                    heard.borrow_mut().extend(chain.read(place));
                }
            }),
        }
        let is_prefix = printed.starts_with(&heard.borrow());
        assert!(!hostile.is_honest || is_prefix, "what is printed comes in its order");
    }
}
