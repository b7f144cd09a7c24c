//! System calls in any order, on the kernel and on the model of its ABI at once.
//!
//! Bytes decide what the threads of a small system do: every invocation with mostly good arguments,
//! messages of all kinds, faults. After each step kernel and model must agree in who runs and what
//! it sees; again and again, and at the end, in every capability, the derivation tree, all tables,
//! threads, queues and all words that the model has written. All invariants of the kernel must
//! hold, and user level must reach nothing that no capability stands for. Three of four entries try
//! the fast paths first, so these are compared with the model as well.
//!
//! | module | idea |
//! |---|---|
//! | [`machine`], [`stage`] | a booted system, and objects and threads to begin with |
//! | [`step`] | what a program does, concretely |
//! | [`choice`], [`inventory`], [`program`] | from bytes and from what there is to steps |
//! | [`play`] | steps on both sides |
//! | [`walk`] | what user level can reach, by a walk through the tables |
//! | [`game`] | bytes played to their end |
//! | [`minimise`] | fewer steps that still differ, as a test |
//! | [`campaign`] | many games, from a seed |

pub mod campaign;
pub mod choice;
pub mod game;
pub mod inventory;
pub mod machine;
pub mod minimise;
pub mod play;
pub mod program;
pub mod stage;
pub mod step;
pub mod walk;

pub use game::{Divergence, Game};
pub use step::{Letter, Step, SystemCall};

/// Plays bytes, as libFuzzer does.
///
/// # Panics
/// If kernel and model differ: with the steps that show it, as a test.
pub fn run(bytes: &[u8]) {
    thread_local! {
        static GAME: std::cell::RefCell<Game> = std::cell::RefCell::new(Game::new());
    }
    GAME.with_borrow_mut(|game| {
        if let Err(divergence) = game.run(bytes) {
            panic!("{}", minimise::report(game, &divergence));
        }
    });
}
