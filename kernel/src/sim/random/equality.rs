//! Fast paths do what the general way does: played on copies of many systems.
//!
//! Every entry of every random game is compared ([`crate::sim::rehearsal`]). Here are the games
//! that aim at fast paths, with a proof that they reach them: how often each succeeds, and that
//! every reason against one occurs. `GAMES` and `FIRST_GAME` choose more and other games.

use std::collections::BTreeMap;
use std::thread;
use std::vec::Vec;

use super::Player;
use super::tests::seeds;
use crate::fast::Miss;
use crate::sim::rehearsal::Counts;
use crate::sim::system::Setup;

/// Entries of a game.
const STEPS: u32 = 1000;
/// Cores and domains by seed.
const SETUPS: [(u64, u64); 8] = [(1, 1), (1, 3), (1, 1), (1, 1), (2, 1), (1, 1), (4, 1), (1, 1)];
/// Games without further demands.
const USUAL_GAMES: u64 = 64;
/// At least so many comparisons of each fast path in that many games.
const ENOUGH: [(&str, u64); 15] = [
    ("Call", 700),
    ("Call, long message", 400),
    ("ReplyRecv", 700),
    ("ReplyRecv, long message", 400),
    ("signal", 500),
    ("signal that wakes", 20),
    ("signal with switch", 10),
    ("Yield", 50),
    ("Yield with switch", 5),
    ("timer", 200),
    ("timer with switch", 1),
    ("interrupt", 500),
    ("interrupt with switch", 20),
    ("fault", 100),
    ("reply to a fault", 300),
];
/// At least so many of them on narrow paths.
const ENOUGH_NARROW: [(&str, u64); 5] = [
    ("signal that wakes", 10),
    ("Call", 200),
    ("ReplyRecv", 200),
    ("fault", 20),
    ("reply to a fault", 30),
];

/// Reasons that games about messages do not care for.
const ELSEWHERE: [&str; 2] = ["NotShort", "Refused"];

/// Plays a game about messages.
fn meet(seed: u64) -> Counts {
    let (cores, domains) = SETUPS[seed as usize % SETUPS.len()];
    let mut player = Player::new(seed, Setup { cores, domains, memory: 1 }, false);
    player.prepare_meeting();
    for _ in 0..STEPS {
        player.step_meeting();
    }
    player.system.rehearsal.take().expect("it rehearsed").counts
}

/// Plays games on all processors. Says which one fails.
fn meet_often(games: &[u64]) -> Counts {
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let play = |seeds: &[u64]| {
        let mut counts = Counts::default();
        for seed in seeds {
            let result = std::panic::catch_unwind(|| meet(*seed));
            counts.add(&result.unwrap_or_else(|_| panic!("game {seed} failed")));
        }
        counts
    };
    let mut counts = Counts::default();
    thread::scope(|scope| {
        let shares = games.chunks(games.len().div_ceil(workers).max(1));
        let handles: Vec<_> = shares.map(|seeds| scope.spawn(move || play(seeds))).collect();
        for handle in handles {
            counts.add(&handle.join().expect("all games succeed"));
        }
    });
    counts
}

#[test]
fn fast_paths_equal_the_general_way() {
    let counts = meet_often(&seeds(USUAL_GAMES).collect::<Vec<_>>());
    let named = Miss::ALL.iter().map(|miss| std::format!("{miss:?}"));
    let misses: BTreeMap<_, _> = named.zip(counts.misses).collect();
    let Counts { hits, narrow, late, .. } = &counts;
    std::println!("compared: {hits:#?}\nnarrow: {narrow:#?}\nlate: {late}\nmissed: {misses:#?}");
    if std::env::var("GAMES").is_ok() {
        return;
    }
    for (name, enough) in ENOUGH {
        let count = counts.hits.get(name).copied().unwrap_or(0);
        assert!(count >= enough, "{name}: compared only {count} times");
    }
    for (name, enough) in ENOUGH_NARROW {
        let count = counts.narrow.get(name).copied().unwrap_or(0);
        assert!(count >= enough, "{name}: compared only {count} times on the narrow path");
    }
    for (miss, count) in misses {
        assert!(count > 0 || ELSEWHERE.contains(&miss.as_str()), "{miss} never occurs");
    }
}
