//! Fewer and smaller steps that still show a difference, printed as a test.

use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use kernel::simulation::Way;

use crate::game::{Divergence, Game};
use crate::step::Step;

/// The steps of a divergence, as few and as small as can be found by leaving out.
#[must_use]
pub fn shrink(game: &mut Game, found: &Divergence) -> Divergence {
    // Everything is compared now, so the difference may show earlier than it was seen.
    let mut best = play(game, &found.steps).unwrap_or_else(|| found.clone());
    let mut part = best.steps.len() / 2;
    while part > 0 {
        let mut start = 0;
        while start < best.steps.len() {
            let mut fewer = best.steps.clone();
            fewer.drain(start..(start + part).min(fewer.len()));
            match play(game, &fewer) {
                Some(divergence) => best = divergence,
                None => start += part,
            }
        }
        part /= 2;
    }
    for index in 0..best.steps.len() {
        for simpler in simpler(&best.steps[index]) {
            let mut steps = best.steps.clone();
            steps[index] = simpler;
            if let Some(divergence) = play(game, &steps)
                && divergence.steps.len() == best.steps.len()
            {
                best = divergence;
            }
        }
    }
    best
}

/// The difference that steps show; a kernel that panics differs.
fn play(game: &mut Game, steps: &[Step]) -> Option<Divergence> {
    let result = catch_unwind(AssertUnwindSafe(|| game.replay(steps)));
    match result {
        Ok(result) => result.err(),
        Err(_) => Some(Divergence { steps: steps.into(), difference: "the kernel panics".into() }),
    }
}

/// Steps that do less.
fn simpler(step: &Step) -> Vec<Step> {
    let Step::Call(call) = step else { return Vec::new() };
    let mut all = vec![call.clone(), call.clone(), call.clone(), call.clone()];
    all[0].way = Way::General;
    all[1].offer = None;
    all[2].letter.caps.clear();
    let words = &mut all[3].letter.words;
    words.truncate(words.len() / 2);
    all.into_iter().filter(|other| other != call).map(Step::Call).collect()
}

/// A divergence as a test to paste, after shrinking it.
#[must_use]
pub fn report(game: &mut Game, found: &Divergence) -> String {
    let small = shrink(game, found);
    let mut text = format!("kernel and model differ after {} steps:\n", small.steps.len());
    let _ = writeln!(text, "{}\n", small.difference);
    text.push_str("#[test]\nfn found() {\n    let steps = [\n");
    for step in &small.steps {
        let _ = writeln!(text, "        {step},");
    }
    text.push_str("    ];\n    assert!(Game::new().replay(&steps).is_ok());\n}\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A model that has a thread's priority wrong: steps that do not show it go away.
    #[test]
    fn what_is_found_is_shrunk_to_a_test() {
        let mut game = Game::new();
        game.spoil(|model| {
            model.threads.values_mut().for_each(|thread| thread.max_priority /= 2);
        });
        let bytes: Vec<u8> =
            (0..2000_u32).map(|index| (index.wrapping_mul(97) >> 3) as u8).collect();
        let found = game.run(&bytes).expect_err("they differ");
        let text = report(&mut game, &found);
        assert!(text.contains("after 1 steps"), "{text}");
        assert!(text.contains("#[test]") && text.contains("max_priority"), "{text}");
    }
}
