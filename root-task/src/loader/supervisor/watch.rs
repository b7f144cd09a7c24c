//! Components with recipes, and how they fare.

use alloc::vec::Vec;
use core::time::Duration;

use libsys::heartbeat::{ANSWERED, ASKED};
use libsys::object::{Notification, Page};
use libsys::window::{MemoryKind, Window};
use libsys::{Cap, Rights, SlotPath, initial};
use packed::record::{Heartbeat, Recipe};

use super::super::{Loader, Stop};
use super::{Beat, History, Pulse};

/// A component with a recipe, and how it fares.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) recipe: Recipe,
    pub(super) history: History,
    state: State,
    heart: Option<Heart>,
    rescue: Rescue,
}

/// What its life says of it in a period.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sign {
    /// Nothing is wrong.
    Alive,
    /// It is silent, perhaps since somebody whom it called has failed: it should be resumed.
    LeftBehind,
    /// It is silent, for longer than so many milliseconds.
    Silent {
        /// Milliseconds.
        within: u64,
    },
}

/// Whether a component is resumed before it counts as silent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Rescue {
    /// Nobody whom it calls has failed.
    Needless,
    /// Somebody has.
    Due,
    /// It was resumed, and has not given a sign of life since.
    Tried,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// It runs.
    Runs,
    /// It is started again when so many periods have ended.
    Starts { left: u64 },
    /// It stays as it is.
    Stands,
}

/// How a component gives signs of life.
#[derive(Debug)]
struct Heart {
    pulse: Pulse,
    page: Window,
    asks: Cap<Notification>,
    /// Milliseconds.
    within: u64,
}

/// All components with recipes.
pub(super) fn all(loader: &mut Loader) -> Result<Vec<Watched>, Stop> {
    let mut all = Vec::new();
    for recipe in loader.image.layout.recipes.rows() {
        let mut hearts = loader.image.layout.heartbeats.rows();
        let heartbeat = hearts.find(|row| row.component == recipe.component);
        let heart = heartbeat.map(|row| Heart::new(loader, &row)).transpose()?;
        let (history, state, rescue) = (History::default(), State::Runs, Rescue::Needless);
        all.push(Watched { recipe, history, state, heart, rescue });
    }
    Ok(all)
}

impl Loader {
    /// So many periods of the supervisor's clock are at least this long.
    pub(super) fn periods(&self, time: Duration) -> u64 {
        let period = self.image.layout.supervisor.rows().next().map_or(1, |own| own.clock_period);
        // The image's reader refuses a period of nothing.
        u64::try_from(time.as_micros().div_ceil(period.max(1).into())).unwrap_or(u64::MAX)
    }
}

impl State {
    /// To be started again after so many whole periods: the one that has begun, and may end at
    /// once, does not count.
    const fn starting_in(periods: u64) -> Self {
        Self::Starts { left: periods.saturating_add(1) }
    }

    /// Counts a period; answers whether it is time to start again.
    const fn is_due(&mut self) -> bool {
        match self {
            Self::Starts { left: left @ 2.. } => {
                *left -= 1;
                false
            }
            Self::Starts { .. } => true,
            Self::Runs | Self::Stands => false,
        }
    }
}

impl Watched {
    /// Whether somebody has to count periods for it.
    pub(super) fn counts_time(&self) -> bool {
        match self.state {
            State::Runs => self.heart.is_some(),
            State::Starts { .. } => true,
            State::Stands => false,
        }
    }

    /// Counts a period; answers whether it is time to start again.
    pub(super) const fn is_due(&mut self) -> bool {
        self.state.is_due()
    }

    /// Counts a period, and asks for signs of life; answers what is known of it.
    pub(super) fn sign(&mut self) -> Sign {
        let Some(heart) = self.heart.as_mut().filter(|_| self.state == State::Runs) else {
            return Sign::Alive;
        };
        let answered = heart.page.read_word(ANSWERED);
        if self.rescue == Rescue::Tried && heart.pulse.was_answered(answered) {
            self.rescue = Rescue::Needless;
        }
        match heart.pulse.tick(answered) {
            Beat::Calm => Sign::Alive,
            Beat::Ask(number) => {
                heart.page.write_word(ASKED, number);
                heart.asks.signal();
                Sign::Alive
            }
            Beat::Silent if self.rescue == Rescue::Due => {
                self.rescue = Rescue::Tried;
                heart.pulse.begin_again();
                Sign::LeftBehind
            }
            Beat::Silent => Sign::Silent { within: heart.within },
        }
    }

    /// Somebody whom it may have called has failed.
    pub(super) fn may_be_left_behind(&mut self) {
        if self.rescue == Rescue::Needless {
            self.rescue = Rescue::Due;
        }
    }

    /// It begins again.
    pub(super) fn begins(&mut self) {
        self.state = State::Runs;
        self.rescue = Rescue::Needless;
        if let Some(heart) = &mut self.heart {
            heart.pulse.begin_again();
        }
    }

    /// It is started again after so many whole periods.
    pub(super) const fn starts_in(&mut self, periods: u64) {
        self.state = State::starting_in(periods);
    }

    /// Whether it is not started again.
    pub(super) fn is_gone(&self) -> bool {
        self.state == State::Stands
    }

    /// It is not.
    pub(super) const fn stands_still(&mut self) {
        self.state = State::Stands;
    }
}

impl Heart {
    fn new(loader: &mut Loader, row: &Heartbeat) -> Result<Self, Stop> {
        let slot = loader.spare_slot()?;
        let path = SlotPath::new(initial::CNODE, slot);
        let copied = path.copy_from(loader.path(row.page), Rights::ALL);
        copied.map_err(loader.refused("seeing signs of life", row.page))?;
        let page = loader.viewer.mount(Cap::<Page>::at(slot), MemoryKind::Ram);
        let page = page.map_err(loader.refused("seeing signs of life", row.page))?;
        let pulse = Pulse::new(loader.periods(Duration::from_millis(row.within)));
        Ok(Self { pulse, page, asks: loader.cap(row.asks), within: row.within })
    }
}

#[cfg(test)]
mod tests {
    use super::State;

    #[test]
    fn a_period_that_has_begun_does_not_count() {
        for periods in [1, 2, 7] {
            let mut state = State::starting_in(periods);
            // The first ends one that began before the failure.
            let ends = (0..).take_while(|_| !state.is_due()).count();
            assert_eq!(ends as u64, periods);
        }
    }

    #[test]
    fn who_runs_or_stands_is_never_due() {
        assert!(!State::Runs.is_due());
        assert!(!State::Stands.is_due());
    }
}
