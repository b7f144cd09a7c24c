//! What came of the faults of a run.

use core::fmt;

use crate::class::Class;
use crate::verdict::{Account, Verdict};

/// What came of the faults of a class.
#[derive(Clone, Copy, Default)]
struct Tally {
    injected: u64,
    restarted: u64,
}

/// Counts.
#[derive(Default)]
pub(crate) struct Tallies {
    tallies: [Tally; Class::ALL.len()],
    /// Failures that came when nothing was expected any more.
    pub(crate) late: u64,
    /// Failures of others than the victim.
    pub(crate) others: u64,
    /// How often clients complained.
    pub(crate) complaints: u64,
}

impl Tallies {
    fn tally(&mut self, class: Class) -> Option<&mut Tally> {
        let place = Class::ALL.iter().position(|(known, _)| *known == class);
        place.and_then(|place| self.tallies.get_mut(place))
    }

    /// A fault of this class was injected.
    pub(crate) fn inject(&mut self, class: Class) {
        if let Some(tally) = self.tally(class) {
            tally.injected += 1;
        }
    }

    /// The victim was started again because of one.
    pub(crate) fn restart(&mut self, class: Class) {
        if let Some(tally) = self.tally(class) {
            tally.restarted += 1;
        }
    }
}

/// What is said at the end.
pub(crate) struct Summary<'a> {
    pub(crate) tallies: &'a Tallies,
    pub(crate) verdict: &'a Verdict,
    pub(crate) injected: u64,
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tallies { tallies, late, others, complaints } = self.tallies;
        for ((class, _), tally) in Class::ALL.iter().zip(tallies) {
            let Tally { injected, restarted } = tally;
            writeln!(
                f,
                "faults: {:10} {injected:6} injected, {restarted:6} restarts",
                class.word()
            )?;
        }
        let Account { passes, acknowledged, repeated, wrong, lost, mended, .. } =
            self.verdict.all();
        let neighbour = self.verdict.neighbour();
        writeln!(f, "faults: {late} late failures, {complaints} complaints of clients")?;
        writeln!(f, "faults: others: {others} failures")?;
        writeln!(f, "faults: clients: {passes} passes, {acknowledged} acknowledged")?;
        writeln!(f, "faults: clients: {repeated} asked again, {wrong} wrong at first")?;
        writeln!(f, "faults: mended: {mended} copies damaged after they were acknowledged")?;
        let (rounds, changed) = (neighbour.rounds, neighbour.changed);
        writeln!(f, "faults: neighbour: {rounds} rounds, {changed} words changed")?;
        write!(f, "faults: done: {} injected, {lost} blocks lost", self.injected)
    }
}
