//! The driver of a source of random bytes whose device uses what it was not given, says any
//! lengths, and interrupts without work; and clients that say anything.

use libsys::server::Recorded;
use libsys::service::entropy::CHUNK;
use libsys::service::entropy::interface::Draw;
use virtio::DeviceType;
use virtio::fake::{Device, FakeTransport, Setup};
use virtio_rng::Source;

use super::Target;
use super::hostile::Hostile;

/// The target: a step for each three bytes.
pub(super) const TARGET: Target = Target {
    name: "entropy_device",
    run,
    words: &[
        &[8, 0, 9],
        &[8, 0, 96],
        &[0, 0, 7],
        &[16, 0, 0],
        &[4, 0, 1],
        &[2, 0, 1],
        &[3, 0, 255],
    ],
};

/// Calls that may wait.
const CALLS: usize = 4;

/// Steps of an execution: more of them find nothing else.
const STEPS: usize = 200;

fn run(bytes: &[u8]) {
    let kind = DeviceType::EntropySource;
    let (device, transport) = Device::new(Setup { kind, ..Setup::BLOCK });
    let Ok(mut source) = Source::<FakeTransport, Recorded, CALLS>::new(transport) else { return };
    let mut hostile = Hostile::new(device);
    let mut waiting: Vec<(Recorded, u64)> = Vec::new();
    for step in bytes.as_chunks::<3>().0.iter().take(STEPS) {
        let [what, place, value] = *step;
        match what >> 3 & 15 {
            1 => {
                let (caller, count) = (Recorded::new(), value.into());
                source.drawing.ask(&caller.ask(1, &Draw { count }), caller.clone());
                source.work();
                waiting.push((caller, count));
            }
            2 => source.interrupted(),
            3 => {
                let caller = Recorded::new();
                let words = vec![u64::from(value); usize::from(place % 8)];
                source.drawing.ask(&caller.say(1, 0xc8 | u64::from(place), &words), caller.clone());
                source.work();
            }
            _ => hostile.step(*step, |_, chain| {
                assert!(chain.readable.is_empty(), "it is told nothing");
            }),
        }
        waiting.retain(|(caller, count)| !is_answered(caller, *count));
        assert!(waiting.len() <= CALLS, "who has no place is refused");
    }
    // A device that does what it should, or that has failed, answers everybody.
    hostile.behave();
    for _ in 0..64 {
        for _ in 0..8 {
            hostile.step([0, 0, 0x5a], |_, _| {});
        }
        hostile.device.interrupt();
        source.interrupted();
    }
    waiting.retain(|(caller, count)| !is_answered(caller, *count));
    assert!(!hostile.is_honest || waiting.is_empty(), "{} wait for ever", waiting.len());
}

/// Whether a call is answered, with as many bytes as it wanted if it has any.
fn is_answered(caller: &Recorded, count: u64) -> bool {
    let answer = caller.answer::<Draw>();
    if let Some(Ok(bytes)) = &answer {
        assert_eq!(bytes.len() as u64, count);
        assert!((1..=CHUNK as u64).contains(&count));
    }
    answer.is_some()
}
