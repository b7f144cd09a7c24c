//! The driver of a clock and its clients, of which either may do what they like.

use libsys::Badge;
use libsys::server::Recorded;
use libsys::service::clock::interface::{Set, Wait};
use pl031::Clock;
use pl031::fake::FakeClock;

use super::Target;

/// The target: whether the device lies, its lies, then steps of three bytes.
pub(super) const TARGET: Target = Target {
    name: "clock",
    run,
    words: &[&[0, 0, 9], &[1, 0, 9], &[2, 1, 0], &[3, 0xda, 1], &[4, 0, 3], &[5, 0, 0]],
};

/// What a good clock shows at first.
const START: u32 = 1000;
/// Callers that the driver keeps, and one more.
const CALLERS: usize = 6;
/// Clients that share those places.
const CLIENTS: usize = 3;

/// Steps of an execution: more of them find nothing else.
const STEPS: usize = 500;

fn run(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let (lies, steps) = rest.split_at(rest.len().min(usize::from(*first % 8)));
    let lies: Vec<u32> = lies.iter().map(|byte| u32::from(*byte) * 0x0101_0011).collect();
    let is_honest = lies.is_empty();
    let device = if is_honest { FakeClock::showing(START) } else { FakeClock::lying(&lies) };
    let mut clock = Clock::<_, Recorded>::start(device.clone(), vec![Badge(1)], CALLERS, CLIENTS);
    // When a good clock shows what; and who waits for which time.
    let (mut now, mut waiting) = (u64::from(START), Vec::<(Recorded, u64)>::new());
    for step in steps.as_chunks::<3>().0.iter().take(STEPS) {
        let [what, high, low] = *step;
        let number = u64::from(u16::from_be_bytes([high, low]));
        let caller = Recorded::new();
        match what % 6 {
            0 => {
                let until = now + number % 64;
                clock.called(&caller.ask(2, &Wait { until }), caller.clone());
                waiting.push((caller, until));
            }
            1 => {
                let client = 1 + u64::from(high % 2);
                let time = u64::from(START) + number;
                clock.called(&caller.ask(client, &Set { time }), caller.clone());
                if matches!(caller.answer::<Set>(), Some(Ok(()))) {
                    assert_eq!(client, 1, "who may not set it");
                    now = time;
                }
            }
            2 => {
                for _ in 0..low % 64 {
                    device.tick();
                    now += 1;
                    if device.interrupts() {
                        clock.attend();
                    }
                }
            }
            3 => {
                let words = vec![number; usize::from(low % 6)];
                clock.called(&caller.say(2, high.into(), &words), caller);
            }
            4 => {
                let until = u64::MAX - number;
                clock.called(&caller.ask(3, &Wait { until }), caller.clone());
                assert!(caller.is_answered(), "there is no such time");
            }
            _ => clock.attend(),
        }
        waiting.retain(|(caller, until)| !is_answered(caller, *until, is_honest.then_some(now)));
        assert!(waiting.len() < CALLERS, "who has no place is refused");
    }
}

/// Whether somebody is answered; by a good clock when the time has come.
fn is_answered(caller: &Recorded, until: u64, now: Option<u64>) -> bool {
    let answer = caller.answer::<Wait>();
    match (&answer, now) {
        (None, Some(now)) => assert!(now < until, "it is {now}, {until} has come"),
        (Some(Ok(time)), Some(_)) => assert!(*time >= until, "too early"),
        _ => {}
    }
    answer.is_some()
}
