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
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// It runs.
    Runs,
    /// It is started again after so many periods.
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
        all.push(Watched { recipe, history: History::default(), state: State::Runs, heart });
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
        match &mut self.state {
            State::Starts { left: left @ 2.. } => {
                *left -= 1;
                false
            }
            State::Starts { .. } => true,
            State::Runs | State::Stands => false,
        }
    }

    /// Counts a period, and asks for signs of life; answers within how many milliseconds there
    /// should have been one.
    pub(super) fn is_silent(&mut self) -> Option<u64> {
        let heart = self.heart.as_mut().filter(|_| self.state == State::Runs)?;
        match heart.pulse.tick(heart.page.read_word(ANSWERED)) {
            Beat::Calm => None,
            Beat::Ask(number) => {
                heart.page.write_word(ASKED, number);
                heart.asks.signal();
                None
            }
            Beat::Silent => Some(heart.within),
        }
    }

    /// It begins again.
    pub(super) fn begins(&mut self) {
        self.state = State::Runs;
        if let Some(heart) = &mut self.heart {
            heart.pulse.begin_again();
        }
    }

    /// It is started again after so many periods.
    pub(super) const fn starts_in(&mut self, periods: u64) {
        self.state = State::Starts { left: periods };
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
