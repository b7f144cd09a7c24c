//! Stays with the system: prints for components, and starts those again that failed, by recipe.
//!
//! A component that fails stands still. Its recipe says whether it is started again: not more
//! often than so many times in so many milliseconds, each time after twice the delay of the time
//! before. What happens then, in this order:
//!
//! 1. its thread is suspended, which takes it off every endpoint,
//! 2. who waits for its answer gets one, with the label [`RESTARTED`](libsys::server::RESTARTED)
//!    and no words,
//! 3. what was derived from its capabilities is revoked, and its CSpace is filled again,
//! 4. its own memory gets its first contents again,
//! 5. its registers are set, and it runs,
//! 6. the neighbours that the layout names are told.
//!
//! | module | what |
//! |---|---|
//! | [`history`] | whether, and when, a component may be started again |
//! | [`recipe`] | the steps |

mod history;
mod recipe;

use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use abi::Fault;
use abi::registers::Register;
use libsys::device_tree::{self, DeviceTree};
use libsys::exit::Ending;
use libsys::object::{Endpoint, Reply};
use libsys::process::Event;
use libsys::time::{self, Counter};
use libsys::{Cap, Received, console, println};
use packed::record::{GiveUp, Recipe};

use super::Loader;
pub use history::{Decision, History, Rules};

/// How long a period of the supervisor's own time is: the unit of its waits.
pub(super) const PERIOD: Duration = Duration::from_millis(10);

/// Messages that are handled in a period at most, while somebody is to be started again.
const MESSAGES_IN_PERIOD: u32 = 16;

/// Stays with the system for good.
pub fn supervise(mut loader: Loader) {
    let Some(own) = loader.image().layout.supervisor.rows().next() else {
        // Nobody would say anything.
        loop {
            let _ = libsys::current_thread().suspend();
        }
    };
    let (endpoint, reply) = (loader.cap(own.endpoint), loader.cap(own.reply));
    let recipes = loader.image().layout.recipes.rows();
    let mut supervisor = Supervisor {
        endpoint,
        reply,
        watched: recipes.map(Watched::new).collect(),
        counter: exported_counter(),
    };
    loop {
        supervisor.step(&mut loader);
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

/// What the supervisor knows.
struct Supervisor {
    endpoint: Cap<Endpoint>,
    reply: Cap<Reply>,
    watched: Vec<Watched>,
    counter: Option<Counter>,
}

/// A component with a recipe, and how it fared.
struct Watched {
    recipe: Recipe,
    history: History,
    /// Periods until it is started again, if it is to be.
    due: Option<u128>,
}

impl Watched {
    fn new(recipe: Recipe) -> Self {
        Self { recipe, history: History::default(), due: None }
    }

    /// Whether the recipe is for this.
    fn is_for(&self, event: Event) -> bool {
        match event {
            Event::Ended(_) => self.recipe.on_exit,
            Event::Faulted { fault: Fault::Timeout { .. }, .. } => self.recipe.on_timeout,
            Event::Faulted { .. } => self.recipe.on_fault,
        }
    }

    /// Counts one period; answers whether it is time to start again.
    fn is_due(&mut self) -> bool {
        let left = self.due.map(|periods| periods.saturating_sub(1));
        self.due = left.filter(|periods| *periods > 0);
        left == Some(0)
    }
}

impl Supervisor {
    /// Handles a message. While somebody is to be started again, does not wait for one longer
    /// than a period, nor handles more than so many in it: who talks without end delays nobody.
    fn step(&mut self, loader: &mut Loader) {
        if self.watched.iter().all(|watched| watched.due.is_none()) {
            let message = self.endpoint.recv(self.reply);
            return self.handle(loader, &message);
        }
        for _ in 0..MESSAGES_IN_PERIOD {
            let message = self.endpoint.nb_recv(self.reply);
            if message.badge == 0 {
                break;
            }
            self.handle(loader, &message);
        }
        time::next_period();
        for watched in &mut self.watched {
            if watched.is_due() {
                restart(loader, &watched.recipe);
            }
        }
    }

    fn handle(&mut self, loader: &Loader, message: &Received) {
        let event = match (Ending::of(message), message.fault()) {
            (Some(ending), _) => Event::Ended(ending),
            (None, Some(fault)) => Event::Faulted { fault, at: message.fault_address() },
            (None, None) => return console::serve(*message, self.reply),
        };
        // A badge is a component's number and one.
        let component = u32::try_from(message.badge.wrapping_sub(1)).unwrap_or(u32::MAX);
        println!("root-task: {} {event}", Name { loader, component });
        let now = self.counter.map_or(Duration::ZERO, Counter::now);
        let mut watched = self.watched.iter_mut();
        let Some(watched) = watched.find(|watched| watched.recipe.component == component) else {
            return;
        };
        if matches!(event, Event::Faulted { .. }) {
            print_registers(loader, &watched.recipe);
        }
        if watched.is_for(event) {
            decide(loader, watched, now);
        }
    }
}

/// Notes when a component is to be started again, or gives it up.
fn decide(loader: &Loader, watched: &mut Watched, now: Duration) {
    let Recipe { most, within, delay, component, .. } = watched.recipe;
    match watched.history.failed(&Rules { most, within, delay }, now) {
        Decision::Restart { after } => {
            watched.due = Some(after.as_millis().div_ceil(PERIOD.as_millis()).max(1));
        }
        Decision::GiveUp => {
            println!("root-task: {} failed too often", Name { loader, component });
            give_up(&watched.recipe);
        }
    }
}

/// Does what the layout wants of a component that is not started again.
fn give_up(recipe: &Recipe) {
    if recipe.then == GiveUp::Halt {
        libsys::stop();
    }
}

fn restart(loader: &mut Loader, recipe: &Recipe) {
    let component = recipe.component;
    match loader.restart(recipe) {
        Ok(()) => println!("root-task: {} started again", Name { loader, component }),
        Err(stop) => {
            println!("root-task: {}", stop.of(loader.image()));
            println!("root-task: {} cannot be started again", Name { loader, component });
            give_up(recipe);
        }
    }
}

fn print_registers(loader: &Loader, recipe: &Recipe) {
    let Ok(registers) = loader.thread(recipe.thread).read_registers(false, 36) else { return };
    let value = |register| registers.register(register);
    let (pc, sp) = (value(Register::Pc), value(Register::Sp));
    let (fp, lr) = (value(Register::X(29)), value(Register::X(30)));
    println!("  pc {pc:#018x}  sp {sp:#018x}  fp {fp:#018x}  lr {lr:#018x}");
    for row in 0..2_u8 {
        let x = |column: u8| value(Register::X(4 * row + column));
        let (a, b, c, d, n) = (x(0), x(1), x(2), x(3), 4 * row);
        println!(
            "  x{n} {a:#018x}  x{} {b:#018x}  x{} {c:#018x}  x{} {d:#018x}",
            n + 1,
            n + 2,
            n + 3
        );
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
