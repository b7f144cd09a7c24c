//! Stays with the system: prints for components, and starts those again that failed, by recipe.
//!
//! A component fails when it faults, ends, uses up its time where that is forbidden, or gives no
//! sign of life where it has to. What it was doing is reported. Its recipe says whether it is
//! started again: not more often than so many times in so many milliseconds, each time after twice
//! the delay of the time before. What happens, in this order:
//!
//! 1. its thread is suspended, which takes it off every endpoint, and its devices are silenced,
//! 2. what was derived from its capabilities is revoked, and its CSpace is filled again,
//! 3. its own memory gets its first contents again,
//! 4. who waits for its answer gets one without words, with the label [`RESTARTED`]; or, if it is
//!    given up, with the label [`ABANDONED`],
//! 5. its thread gets what it had at first, and runs,
//! 6. the neighbours that the layout names are told.
//!
//! | module | what |
//! |---|---|
//! | [`cause`] | why a component has failed |
//! | [`callers`] | who calls it, and what becomes of them |
//! | [`report`] | its registers, and how it got there |
//! | [`remains`] | what is found of its memory, and the names of its functions |
//! | [`history`] | whether, and when, a component may be started again |
//! | [`recipe`] | the steps |
//! | [`quiesce`] | devices are made to stop what they do |
//! | [`pulse`] | signs of life |
//! | [`watch`] | components with recipes, and how they fare |
//! | [`nursery`] | time for components that have none, until they are initialised |
//! | [`metronome`] | what tells that time goes by |

mod callers;
mod cause;
mod history;
mod metronome;
mod nursery;
mod pulse;
mod quiesce;
mod recipe;
mod remains;
mod report;
mod watch;

use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use libsys::device_tree::{self, DeviceTree};
use libsys::exit::Ending;
use libsys::memory::Objects;
use libsys::object::{Budget, Endpoint, Notification, Reply};
use libsys::process::Event;
use libsys::server::{ABANDONED, Origin, RESTARTED};
use libsys::time::Counter;
use libsys::{Badge, Cap, Received, console, println};
use packed::record::{GiveUp, Recipe};

use super::threads::share;
use super::{Loader, Stop};
use callers::Abandoned;
pub use cause::Cause;
pub use history::{Decision, History, Rules};
use metronome::{Metronome, Rhythm, TICK};
use nursery::Nursery;
pub use pulse::{Beat, Pulse};
use watch::{Sign, Watched};

/// The bit of the clock that [`Loader::ring_every`] asks for.
pub const CLOCK: u64 = 1 << 61;

/// What the thread of that clock takes of each period.
const EXTRA_WORK: Duration = Duration::from_micros(50);

/// What the supervisor has made for itself, before the loader gave up its control of time.
#[derive(Debug)]
pub(super) struct Aids {
    bell: Cap<Notification>,
    metronome: Option<Metronome>,
    nursery: Nursery,
}

impl Aids {
    /// All that the system needs; nothing if nobody is to be supervised.
    pub(super) fn new(loader: &mut Loader) -> Result<Option<Self>, Stop> {
        let layout = loader.image.layout;
        let Some(own) = layout.supervisor.rows().next() else { return Ok(None) };
        let lacks = || Loader::lacks("making what the supervisor needs");
        let bell = match own.bell {
            Some(bell) => loader.cap(bell),
            None => loader.create::<Notification>().map_err(lacks())?,
        };
        let metronome = match layout.recipes.is_empty() {
            true => None,
            false => {
                let time = share(own.clock_budget, own.clock_period);
                let rhythm = Rhythm { bit: TICK, time, priority: own.priority };
                Some(Metronome::new(loader, bell, rhythm).map_err(lacks())?)
            }
        };
        if let Some(period) = loader.extra_period {
            let time = Budget::periodic(EXTRA_WORK, period);
            let rhythm = Rhythm { bit: CLOCK, time, priority: own.priority };
            let mut clock = Metronome::new(loader, bell, rhythm).map_err(lacks())?;
            let started = clock.let_run(true);
            started.map_err(loader.refused("starting a clock", own.endpoint))?;
        }
        let nursery = Nursery::new(loader).map_err(lacks())?;
        Ok(Some(Self { bell, metronome, nursery }))
    }
}

/// The counter, if the boot options export it. Without it all failures count for ever.
#[must_use]
pub fn exported_counter() -> Option<Counter> {
    let options = device_tree::blob().and_then(DeviceTree::new)?.command_line()?;
    let lists = options.split_whitespace().filter_map(|word| word.strip_prefix("tessera.export="));
    let is_exported = lists.flat_map(|list| list.split(',')).any(|name| name == "vcounter");
    is_exported.then(Counter::new)
}

/// Stays with the system for good.
pub fn supervise(mut loader: Loader) {
    match Supervisor::new(&mut loader) {
        Ok(Some(mut supervisor)) => loop {
            supervisor.step(&mut loader);
        },
        // Nobody would say anything.
        Ok(None) => loop {
            let _ = libsys::current_thread().suspend();
        },
        Err(stop) => println!("root-task: stopped: {}", stop.of(loader.image())),
    }
}

/// Who hears of components, and what it knows of them.
///
/// ```
/// use root_task::loader::Loader;
/// use root_task::loader::supervisor::{Happening, Supervisor};
///
/// /// Waits until a component has failed.
/// fn failure(supervisor: &mut Supervisor, loader: &mut Loader) -> u32 {
///     loop {
///         if let Happening::Failed { component, .. } = supervisor.step(loader) {
///             return component;
///         }
///     }
/// }
/// # let _ = failure;
/// ```
#[derive(Debug)]
pub struct Supervisor {
    endpoint: Cap<Endpoint>,
    reply: Cap<Reply>,
    aids: Aids,
    watched: Vec<Watched>,
    abandoned: Abandoned,
    counter: Option<Counter>,
    /// Whether it says nothing of a failure but its cause.
    is_terse: bool,
}

/// What has happened.
///
/// ```
/// use root_task::loader::supervisor::{Cause, Happening};
///
/// let cause = Cause::Silent { within: 20 };
/// assert_ne!(Happening::Failed { component: 1, cause }, Happening::Signals(1));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Happening {
    /// A component has failed, was reported, and was dealt with as its recipe says.
    Failed {
        /// Its number.
        component: u32,
        /// Why.
        cause: Cause,
    },
    /// A component had something to be printed.
    Printed {
        /// Its number.
        component: u32,
    },
    /// Signals have come: a period is over, or somebody is initialised. The supervisor has dealt
    /// with its own; others are left.
    Signals(u64),
}

impl Supervisor {
    /// For a system that runs. `None`: it has nobody to be supervised.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub fn new(loader: &mut Loader) -> Result<Option<Self>, Stop> {
        let Some(own) = loader.image.layout.supervisor.rows().next() else { return Ok(None) };
        let Some(aids) = loader.aids.take() else { return Ok(None) };
        let (endpoint, reply) = (loader.cap(own.endpoint), loader.cap(own.reply));
        let refused = loader.refused("hearing of signals", own.endpoint);
        libsys::current_thread().bind_notification(aids.bell).map_err(refused)?;
        let watched = watch::all(loader)?;
        let counter = exported_counter();
        let abandoned = Abandoned::default();
        let is_terse = false;
        let mut supervisor = Self { endpoint, reply, aids, watched, abandoned, counter, is_terse };
        supervisor.count_if_needed();
        Ok(Some(supervisor))
    }

    /// Leaves registers and calls out of its reports from now on.
    pub const fn be_terse(&mut self) {
        self.is_terse = true;
    }

    /// Waits for what happens next, and deals with it.
    pub fn step(&mut self, loader: &mut Loader) -> Happening {
        let message = self.endpoint.recv(self.reply);
        let happening = match Origin::of(Badge(message.badge)) {
            Origin::Signals(signals) => self.signalled(loader, signals),
            _ => self.told(loader, &message),
        };
        self.count_if_needed();
        happening
    }

    /// Periods are counted only for somebody.
    fn count_if_needed(&mut self) {
        if let Some(metronome) = &mut self.aids.metronome {
            // A thread of the initial task's own: nothing is refused.
            let counts = self.watched.iter().any(Watched::counts_time);
            let _ = metronome.let_run(counts || !self.abandoned.is_empty());
        }
    }

    fn signalled(&mut self, loader: &mut Loader, mut signals: u64) -> Happening {
        if signals & TICK != 0 {
            signals |= self.abandoned.answer(self.reply);
        }
        self.aids.nursery.are_ready(signals);
        let mut failed = None;
        if signals & TICK != 0 {
            for place in 0..self.watched.len() {
                if self.watched[place].is_due() {
                    self.restart(loader, place);
                }
                let Watched { recipe: Recipe { component, thread, .. }, .. } = self.watched[place];
                match self.watched[place].sign() {
                    Sign::Alive => {}
                    Sign::LeftBehind => {
                        println!("root-task: {} was left behind", Name { loader, component });
                        // Its own thread, which may be resumed at any time.
                        let _ = loader.thread(thread).resume();
                    }
                    Sign::Silent { within } => {
                        let cause = Cause::Silent { within };
                        self.failed(loader, component, cause);
                        failed = Some(Happening::Failed { component, cause });
                    }
                }
            }
        }
        failed.unwrap_or(Happening::Signals(signals & !TICK))
    }

    fn told(&mut self, loader: &mut Loader, message: &Received) -> Happening {
        // A badge is a component's number and one.
        let component = u32::try_from(message.badge.wrapping_sub(1)).unwrap_or(u32::MAX);
        let event = match (Ending::of(message), message.fault()) {
            (Some(ending), _) => Event::Ended(ending),
            (None, Some(fault)) => Event::Faulted { fault, at: message.fault_address() },
            (None, None) => {
                console::serve(*message, self.reply);
                return Happening::Printed { component };
            }
        };
        let cause = Cause::Event(event);
        self.failed(loader, component, cause);
        Happening::Failed { component, cause }
    }

    /// Says what has become of a component, and does what its recipe says.
    fn failed(&mut self, loader: &mut Loader, component: u32, cause: Cause) {
        println!("root-task: {} {cause}", Name { loader, component });
        let now = self.counter.map_or(Duration::ZERO, Counter::now);
        // Whether it was ready or not: it needs no time now.
        let _ = self.aids.nursery.set(component, false);
        let mut watched = self.watched.iter();
        let place = watched.position(|watched| watched.recipe.component == component);
        let Some(place) = place else { return };
        let watched = &mut self.watched[place];
        let recipe = watched.recipe;
        if let Err(stop) = loader.halt(&recipe) {
            println!("root-task: {}", stop.of(loader.image()));
            return self.give_up(loader, place);
        }
        if cause.is_worth_a_look() && !self.is_terse {
            loader.report(recipe.thread);
        }
        if !cause.is_of(&recipe) {
            return self.abandon(loader, place);
        }
        let rules = Rules { most: recipe.most, within: recipe.within, delay: recipe.delay };
        match watched.history.failed(&rules, now) {
            Decision::Restart { after } if after.is_zero() => self.restart(loader, place),
            Decision::Restart { after } => watched.starts_in(loader.periods(after)),
            Decision::GiveUp => {
                println!("root-task: {} failed too often", Name { loader, component });
                self.give_up(loader, place);
            }
        }
    }

    /// A component stays as it is; its callers are told, now and later.
    fn abandon(&mut self, loader: &Loader, place: usize) {
        let watched = &mut self.watched[place];
        watched.stands_still();
        let recipe = watched.recipe;
        loader.answer_callers(recipe.component, ABANDONED);
        let gone = self.watched.iter().filter(|watched| watched.is_gone());
        let gone: Vec<_> = gone.filter_map(|watched| watched.recipe.cspace).collect();
        self.abandoned.add(loader, &recipe, &gone);
        self.callers_of(loader, place);
    }

    /// Those who may have been left behind by a component that has failed.
    fn callers_of(&mut self, loader: &Loader, place: usize) {
        let called = self.watched[place].recipe;
        for caller in &mut self.watched {
            if loader.may_call(&caller.recipe, &called) {
                caller.may_be_left_behind();
            }
        }
    }

    /// Does what the layout wants of a component that is not started again.
    fn give_up(&mut self, loader: &Loader, place: usize) {
        self.abandon(loader, place);
        if self.watched[place].recipe.then == GiveUp::Halt {
            libsys::stop();
        }
    }

    fn restart(&mut self, loader: &mut Loader, place: usize) {
        let recipe = self.watched[place].recipe;
        let component = recipe.component;
        let result = loader.renew(&recipe).and_then(|()| {
            loader.answer_callers(component, RESTARTED);
            self.callers_of(loader, place);
            let nursed = self.aids.nursery.set(component, true);
            nursed.map_err(loader.refused("giving time", recipe.thread))?;
            self.watched[place].begins();
            loader.begin_again(&recipe)
        });
        match result {
            Ok(()) => println!("root-task: {} started again", Name { loader, component }),
            Err(stop) => {
                println!("root-task: {}", stop.of(loader.image()));
                println!("root-task: {} cannot be started again", Name { loader, component });
                self.give_up(loader, place);
            }
        }
    }
}

/// A component's name, or its number.
struct Name<'a> {
    loader: &'a Loader,
    component: u32,
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.loader.image().debug.component(self.component) {
            Some(name) => f.write_str(name),
            None => write!(f, "component {}", self.component),
        }
    }
}
