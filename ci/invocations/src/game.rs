//! Bytes, played to their end.

use std::collections::HashSet;

use crate::choice::Choice;
use crate::inventory::Inventory;
use crate::play::{Difference, Outcome, Play};
use crate::program::Program;
use crate::stage::Stage;
use crate::step::Step;

/// Steps between two comparisons of everything.
const STRIDE: usize = 128;
/// One game in so many compares everything after every step.
const THOROUGH: u64 = 64;

/// Steps after which kernel and model differ.
#[derive(Clone, Debug)]
pub struct Divergence {
    /// What was done since the stage was set.
    pub steps: Vec<Step>,
    /// How they differ.
    pub difference: Difference,
}

/// What a system call was and what came of it: new ones make an input interesting.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Behaviour {
    /// The number of the system call, or the class of the exception.
    pub call: u64,
    /// The label, of calls of objects.
    pub label: u64,
    /// What came of it.
    pub outcome: Outcome,
}

/// Figures of many games.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// Games.
    pub games: u64,
    /// Steps of all.
    pub steps: u64,
    /// Steps that did what was asked for.
    pub successes: u64,
    /// All behaviours seen.
    pub behaviours: HashSet<Behaviour>,
}

impl Figures {
    /// Adds those of other games.
    pub fn add(&mut self, other: &Self) {
        self.games += other.games;
        self.steps += other.steps;
        self.successes += other.successes;
        self.behaviours.extend(&other.behaviours);
    }

    /// The share of steps that did what was asked for.
    #[must_use]
    pub fn success(&self) -> f64 {
        self.successes as f64 / self.steps.max(1) as f64
    }
}

/// A stage, and a play on it that is set up again and again.
pub struct Game {
    stage: Stage,
    play: Play,
    /// What has been seen so far.
    pub figures: Figures,
}

impl Game {
    /// Boots and prepares.
    #[must_use]
    pub fn new() -> Self {
        let stage = Stage::new();
        let play = stage.play.twin();
        Self { stage, play, figures: Figures::default() }
    }

    /// Plays bytes. How many behaviours were new.
    ///
    /// # Errors
    /// The steps up to the first difference that was seen.
    pub fn run(&mut self, bytes: &[u8]) -> Result<usize, Divergence> {
        self.play.become_like(&self.stage.play);
        let mut inventory: Inventory = self.stage.inventory.clone();
        let mut choice = Choice::new(bytes);
        let mut steps = Vec::new();
        let known = self.figures.behaviours.len();
        let stride = if self.figures.games % THOROUGH == 1 { 1 } else { STRIDE };
        self.figures.games += 1;
        while let Some(step) = self.next_step(&mut choice, &mut inventory, steps.last()) {
            steps.push(step);
            let is_due = steps.len() % stride == 0;
            self.step(&mut steps, is_due)?;
        }
        self.look(&mut steps)?;
        Ok(self.figures.behaviours.len() - known)
    }

    /// Makes the model wrong from the beginning, to test what notices it.
    #[cfg(test)]
    pub(crate) fn spoil(&mut self, change: impl FnOnce(&mut model::Model)) {
        change(&mut self.stage.play.model);
    }

    /// What happens next; nothing when the bytes end or nobody can run any more.
    fn next_step(
        &self,
        choice: &mut Choice<'_>,
        inventory: &mut Inventory,
        last: Option<&Step>,
    ) -> Option<Step> {
        let root = self.stage.root;
        let Some(current) = self.play.model.scheduler.current else {
            let tried = matches!(last, Some(Step::Resume(_)));
            return (!tried && !choice.is_over()).then_some(Step::Resume(root));
        };
        if choice.is_over() {
            return None;
        }
        inventory.update(&self.play.model, root);
        Some(Program { choice, inventory, keeper: current == root }.decide())
    }

    /// The steps of a game whose kernel panics, the last one included.
    #[must_use]
    pub fn steps_until_panic(&mut self, bytes: &[u8]) -> Vec<Step> {
        let mut seen = Vec::new();
        self.play.become_like(&self.stage.play);
        let mut inventory = self.stage.inventory.clone();
        let mut choice = Choice::new(bytes);
        while let Some(step) = self.next_step(&mut choice, &mut inventory, seen.last()) {
            seen.push(step);
            let step = seen.last().cloned();
            let play = &mut self.play;
            let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                step.map(|step| play.step(&step))
            }));
            if !matches!(done, Ok(Some(Ok(_)))) {
                break;
            }
        }
        seen
    }

    fn step(&mut self, steps: &mut Vec<Step>, is_due: bool) -> Result<(), Divergence> {
        let Some(step) = steps.last() else { return Ok(()) };
        match self.play.step(step) {
            Ok(outcome) => {
                self.figures.steps += 1;
                self.figures.successes += u64::from(outcome.is_success());
                self.figures.behaviours.insert(behaviour(step, outcome));
            }
            Err(difference) => return Err(Divergence { steps: std::mem::take(steps), difference }),
        }
        if is_due { self.look(steps) } else { Ok(()) }
    }

    fn look(&self, steps: &mut Vec<Step>) -> Result<(), Divergence> {
        let compared = self.play.compare();
        compared.map_err(|difference| Divergence { steps: std::mem::take(steps), difference })
    }

    /// Plays steps, comparing everything after each.
    ///
    /// # Errors
    /// The steps up to the first difference.
    pub fn replay(&mut self, steps: &[Step]) -> Result<(), Divergence> {
        self.play.become_like(&self.stage.play);
        for (index, step) in steps.iter().enumerate() {
            let done = self.play.step(step).and_then(|_| self.play.compare());
            if let Err(difference) = done {
                return Err(Divergence { steps: steps[..=index].into(), difference });
            }
        }
        Ok(())
    }
}

impl Default for Game {
    fn default() -> Self {
        Self::new()
    }
}

fn behaviour(step: &Step, outcome: Outcome) -> Behaviour {
    match step {
        Step::Call(call) => {
            let label = match outcome {
                Outcome::Answered(_) => call.letter.label.min(1 << 12),
                _ => 0,
            };
            Behaviour { call: call.number, label, outcome }
        }
        Step::Resume(_) => Behaviour { call: 1 << 32, label: 0, outcome },
        Step::Exception { class, .. } => Behaviour { call: *class, label: 0, outcome },
    }
}
