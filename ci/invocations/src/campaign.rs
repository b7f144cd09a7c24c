//! Many games: from a seed, guided by new behaviour.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crate::game::{Divergence, Figures, Game};
use crate::minimise;

/// Bytes of a new input.
const LENGTH: usize = 3000;
/// One input in so many is new; the others are made from what was interesting.
const NEW: u64 = 3;
/// Time between two lines about progress.
const PROGRESS: Duration = Duration::from_secs(5);
/// Most inputs that are kept.
const CORPUS: usize = 4096;

/// What to play.
#[derive(Clone, Copy, Debug)]
pub struct Campaign {
    /// Other numbers give other games.
    pub seed: u64,
    /// Games at most.
    pub runs: u64,
    /// Time at most.
    pub time: Duration,
}

/// Whom to tell of the progress: the figures, and how many inputs are worth keeping.
pub type Tell<'a> = &'a dyn Fn(&Figures, usize);

/// What came of a campaign.
pub enum Found {
    /// Nothing but figures, and the inputs that showed something new.
    Nothing {
        /// What was seen.
        figures: Figures,
        /// Inputs that are worth keeping.
        corpus: Vec<Vec<u8>>,
    },
    /// A difference, as a test, and the input that shows it.
    Something {
        /// The test.
        report: String,
        /// The input.
        input: Vec<u8>,
        /// What was seen before.
        figures: Figures,
    },
}

/// SplitMix64 (Steele, Lea and Flood, 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, limit: usize) -> usize {
        let limit = limit.max(1) as u64;
        usize::try_from(self.next() % limit).unwrap_or(0)
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let words = (0..length.div_ceil(8)).map(|_| self.next().to_le_bytes());
        words.flatten().take(length).collect()
    }
}

/// The input of a game.
fn input(random: &mut Random, corpus: &[Vec<u8>]) -> Vec<u8> {
    if corpus.is_empty() || random.next().is_multiple_of(NEW) {
        return random.bytes(LENGTH);
    }
    let mut bytes = corpus[random.below(corpus.len())].clone();
    for _ in 0..=random.below(8) {
        let at = random.below(bytes.len() + 1);
        match random.below(4) {
            0 => {
                let other = &corpus[random.below(corpus.len())];
                bytes.truncate(at);
                bytes.extend_from_slice(&other[random.below(other.len())..]);
            }
            1 => {
                let length = random.below(16);
                let new = random.bytes(length);
                bytes.splice(at..at, new);
            }
            2 => {
                let end = (at + random.below(16)).min(bytes.len());
                bytes.drain(at..end);
            }
            _ => {
                let new = random.bytes(1);
                bytes.get_mut(at).into_iter().for_each(|byte| *byte = new[0]);
            }
        }
    }
    bytes.truncate(2 * LENGTH);
    bytes
}

/// Plays until a limit is reached or a difference is found.
#[must_use]
pub fn run(campaign: &Campaign, begin: &[Vec<u8>], tell: Tell<'_>) -> Found {
    let mut game = Game::new();
    let mut random = Random(campaign.seed);
    let (start, mut told) = (Instant::now(), Instant::now());
    let mut corpus: Vec<Vec<u8>> = begin.to_vec();
    for run in 0..campaign.runs {
        if start.elapsed() >= campaign.time {
            break;
        }
        let index = usize::try_from(run).unwrap_or(usize::MAX);
        let bytes = match begin.get(index) {
            Some(bytes) => bytes.clone(),
            None => input(&mut random, &corpus),
        };
        match catch_unwind(AssertUnwindSafe(|| game.run(&bytes))) {
            Ok(Ok(0)) => {}
            Ok(Ok(_)) if corpus.len() < CORPUS => corpus.push(bytes),
            Ok(Ok(_)) => {}
            Ok(Err(divergence)) => {
                let report = minimise::report(&mut Game::new(), &divergence);
                let figures = game.figures;
                return Found::Something { report, input: bytes, figures };
            }
            Err(_) => {
                let (report, figures) = (of_panic(&bytes), game.figures);
                return Found::Something { report, input: bytes, figures };
            }
        }
        if told.elapsed() > PROGRESS {
            told = Instant::now();
            tell(&game.figures, corpus.len());
        }
    }
    Found::Nothing { figures: game.figures, corpus }
}

/// A game whose kernel panics: its steps are found by playing again.
fn of_panic(bytes: &[u8]) -> String {
    let mut game = Game::new();
    let steps = game.steps_until_panic(bytes);
    let divergence = Divergence { steps, difference: "the kernel panics".into() };
    minimise::report(&mut Game::new(), &divergence)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn campaign(runs: u64) -> Campaign {
        Campaign { seed: 7, runs, time: Duration::MAX }
    }

    /// Enough steps succeed, or the games would say little about effects.
    #[test]
    fn the_kernel_does_what_the_model_says() {
        match run(&campaign(40), &[], &|_, _| {}) {
            Found::Nothing { figures, corpus } => {
                assert!(figures.steps > 4000 && figures.success() > 0.5, "{figures:?}");
                assert!(!corpus.is_empty());
            }
            Found::Something { report, .. } => panic!("{report}"),
        }
    }

    #[test]
    fn equal_seeds_give_equal_games() {
        let played = || match run(&campaign(5), &[], &|_, _| {}) {
            Found::Nothing { figures, .. } => (figures.steps, figures.successes),
            Found::Something { report, .. } => panic!("{report}"),
        };
        assert_eq!(played(), played());
    }
}
