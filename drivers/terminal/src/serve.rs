//! The wiring for a component of a layout.

use alloc::vec::Vec;
use core::cell::RefCell;
use core::future::poll_fn;
use core::pin::pin;
use core::task::Poll;

use libsys::executor::{Arrival, Caller, Executor, NoClock, Reactor, Storage};
use libsys::layout::{Component, Interrupt, Kind, Missing};
use libsys::object::Notification;
use libsys::server::Reception;
use libsys::{Badge, Cap};

use crate::line::Line;
use crate::multiplexer::{Multiplexer, Party};

/// Callers that can be kept at the same time, if the layout gives reply objects for so many.
const CALLERS: usize = 64;
/// Who takes pauses: signalled, it signals some time later.
const PAUSE: &str = "pause";

type Waiting<'r> = Caller<'r, Reception, NoClock, CALLERS>;
type Terminal<'r, L> = Multiplexer<'static, L, Waiting<'r>, Cap<Notification>>;

/// Why the terminal is not served.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ServeError {
    /// The layout lacks something.
    Missing(Missing<'static>),
    /// The device is [of no use](Line::is_lost) any more.
    Lost,
}

impl From<Missing<'static>> for ServeError {
    fn from(missing: Missing<'static>) -> Self {
        Self::Missing(missing)
    }
}

/// Serves the clients that the layout names, as long as there is a device.
///
/// Words of the component: `focus=NAME` is the client that gets what is typed at first (else the
/// first), `settings=NAME` one that may change how characters travel. A client that the component
/// signals hears so that there is something to read. A component `pause` that both signals and is
/// signalled measures how long a line that is not finished is waited for.
///
/// # Errors
/// The layout lets nobody call; or the device is lost.
pub fn serve<L: Line>(
    component: &Component,
    line: L,
    interrupt: Interrupt,
) -> Result<(), ServeError> {
    let (reception, callers) = (component.reception()?, component.replies().count());
    let reactor = Reactor::<_, _, CALLERS>::new(reception, NoClock, component.replies());
    let parties = parties(component);
    let focus = parties.iter().position(|party| has_word(component, "focus", party.name));
    let pause = component.notification(PAUSE).ok();
    let focus = focus.unwrap_or_default();
    let terminal: Terminal<'_, L> =
        Multiplexer::new(line, parties, focus, callers.min(CALLERS), pause.is_some());
    let terminal = RefCell::new(terminal);
    let wiring = Wiring { terminal: &terminal, reactor: &reactor, interrupt, pause };
    let paused = component.signal(PAUSE).unwrap_or_default();
    // One place is taken; as long as another is free, calls are received.
    let tasks = pin!(Storage::<_, 2>::new());
    let Some(mut executor) = Executor::new(tasks) else { return Ok(()) };
    // There is room.
    let _ = executor.spawn(wiring.attend(paused));
    executor.run(&reactor, |arrival| {
        if let Arrival::Call { request, caller } = arrival {
            terminal.borrow_mut().called(&request, caller);
            wiring.look_after();
        }
        None
    });
    // Nothing else stops the reactor.
    Err(ServeError::Lost)
}

/// Whether the component has the word `KEY=NAME`.
fn has_word(component: &Component, key: &str, name: &str) -> bool {
    let mut words = component.arguments().filter_map(|word| word.split_once('='));
    words.any(|word| word == (key, name))
}

/// All who may call, by their names.
fn parties(component: &Component) -> Vec<Party<'static, Cap<Notification>>> {
    let clients = component.entries().filter(|entry| entry.kind == Kind::Client);
    let party = |entry: libsys::layout::Entry<'static>| Party {
        badge: Badge(entry.value),
        name: entry.name,
        bell: component.notification(entry.name).ok(),
        may_configure: has_word(component, "settings", entry.name),
    };
    clients.map(party).collect()
}

/// What the task that attends to signals needs.
struct Wiring<'a, 'r, L> {
    terminal: &'a RefCell<Terminal<'r, L>>,
    reactor: &'r Reactor<Reception, NoClock, CALLERS>,
    interrupt: Interrupt,
    pause: Option<Cap<Notification>>,
}

impl<L: Line> Wiring<'_, '_, L> {
    /// Attends to the device and to pauses, for ever.
    async fn attend(&self, paused: u64) {
        // What has come in before the interrupt was ours.
        let mut signals = self.interrupt.signal;
        loop {
            if signals & self.interrupt.signal != 0 {
                while self.attend_once() {
                    others_first().await;
                }
                // A handler of ours can always be acknowledged.
                let _ = self.interrupt.handler.acknowledge();
            }
            if signals & paused != 0 {
                self.terminal.borrow_mut().pause_over();
            }
            self.look_after();
            signals = self.reactor.signalled(self.interrupt.signal | paused).await;
        }
    }

    fn attend_once(&self) -> bool {
        self.terminal.borrow_mut().attend()
    }

    /// After everything that happens: takes a pause if one is wanted, and ends without a device.
    fn look_after(&self) {
        let mut terminal = self.terminal.borrow_mut();
        if terminal.takes_pause()
            && let Some(pause) = self.pause
        {
            pause.signal();
        }
        if terminal.line().is_lost() {
            self.reactor.stop();
        }
    }
}

/// Lets calls be received before this task goes on.
async fn others_first() {
    let mut has_waited = false;
    let once = poll_fn(|context| {
        if core::mem::replace(&mut has_waited, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    });
    once.await;
}
