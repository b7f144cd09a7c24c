//! Games of many seeds.

use super::Player;
use super::ending::Summary;
use crate::fast::Miss;
use crate::sim::rehearsal::{Counts, OBJECT_CALL, REFUSED_CALL};
use crate::sim::system::Setup;

/// Plays one game and returns the player for further looks.
fn play(seed: u64, setup: Setup, wild: bool, steps: u32) -> Player {
    let mut player = Player::new(seed, setup, wild);
    let before = Summary::of(&player.system);
    player.prepare();
    for _ in 0..steps {
        player.step();
    }
    if !wild {
        player.end();
        Summary::of(&player.system).expect(&before);
    }
    player
}

/// Games to be played; more by the environment variable `GAMES`, from the seed `FIRST_GAME` on.
pub(super) fn seeds(usual: u64) -> core::ops::Range<u64> {
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let first = number("FIRST_GAME").unwrap_or(1);
    first..first + number("GAMES").unwrap_or(usual)
}

fn play_all(usual: u64, setup: Setup, wild: bool, steps: u32) {
    for seed in seeds(usual) {
        let result = std::panic::catch_unwind(|| play(seed, setup, wild, steps));
        if let Err(panic) = result {
            std::eprintln!("game {seed} failed");
            std::panic::resume_unwind(panic);
        }
    }
}

#[test]
fn everything_comes_back() {
    play_all(3, Setup::default(), false, 300);
}

#[test]
fn nothing_breaks_the_invariants_when_anything_may_go() {
    play_all(2, Setup::default(), true, 300);
}

#[test]
fn several_cores_stay_sound() {
    play_all(2, Setup { cores: 3, ..Setup::default() }, false, 300);
}

#[test]
fn several_cores_stay_sound_when_anything_may_go() {
    play_all(1, Setup { cores: 4, ..Setup::default() }, true, 300);
}

#[test]
fn several_domains_stay_sound() {
    play_all(2, Setup { domains: 3, ..Setup::default() }, false, 300);
}

#[test]
fn a_little_memory_is_used_up_and_comes_back() {
    play_all(1, Setup { memory: 3, ..Setup::default() }, false, 400);
}

/// Most calls on objects are short, and each reason against that occurs.
#[test]
fn short_calls_on_objects_equal_the_general_way() {
    let mut sum = Counts::default();
    for seed in seeds(4) {
        let mut player = Player::new(seed, Setup::default(), false);
        player.prepare();
        for _ in 0..1000 {
            player.call_object();
        }
        sum.add(&player.system.rehearsal.expect("it rehearsed").counts);
    }
    for (name, enough) in [(OBJECT_CALL, 500), (REFUSED_CALL, 100)] {
        let count = sum.hits.get(name).copied().unwrap_or(0);
        assert!(count > enough, "{name}: {sum:?}");
    }
    for miss in [Miss::Refused, Miss::NotShort, Miss::OtherObject] {
        assert!(sum.misses[miss as usize] > 10, "{miss:?}");
    }
}

/// The games are worth something only if threads really meet.
#[test]
fn threads_come_to_wait_for_each_other() {
    let mut blocked = 0;
    for seed in 1..3 {
        let mut player = Player::new(seed, Setup::default(), false);
        player.prepare();
        for _ in 0..200 {
            player.step();
            blocked += player.blocked();
        }
    }
    assert!(blocked > 100, "only {blocked}");
}
