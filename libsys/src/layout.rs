//! What the layout of the system gives to this component, by name.
//!
//! A layout names everything: who calls whom, which memory both see, whose interrupt rings. Its
//! loader puts capabilities into slots and memory at addresses of its own choice, and leaves a
//! [directory](abi::directory) of them. So one built program serves in different systems.
//!
//! ```no_run
//! use libsys::layout::{Component, Missing};
//! use libsys::println;
//!
//! #[libsys::main]
//! fn start(component: Component) -> Result<(), Missing<'static>> {
//!     let disk = component.endpoint("disk")?;
//!     let buffers = component.region("buffers")?;
//!     let bytes = buffers.end() - buffers.address();
//!     println!("{} has {bytes} bytes for {disk:?}", component.name());
//!     Ok(())
//! }
//! # fn main() {}
//! ```
//!
//! A component whose layout lets it call somebody as `console` prints through that; one that
//! drives a device called `console` prints on it itself.

use core::sync::atomic::{AtomicBool, Ordering};

pub use abi::directory::{Entry, Kind};

use crate::cap::{Badge, Cap};
use crate::console;
use crate::heartbeat;
use crate::machine::Given;
use crate::object::{
    AsidPool, CNode, Endpoint, IrqHandler, Notification, Reply, SchedContext, Thread, Untyped,
    VSpace,
};
use crate::ring::Doorbell;
use crate::server::Reception;
use crate::start::{Argument, Origin, Start};
use crate::window::Window;

/// What a passive component calls whom it tells that it is initialised.
pub const READY: &str = "ready";

/// The layout gives this component nothing of this kind with this name.
///
/// ```
/// use libsys::layout::{Kind, Missing};
///
/// let missing = Missing { kind: Kind::Endpoint, name: "disk" };
/// assert_eq!(missing.to_string(), "the layout gives no endpoint `disk`");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Missing<'a> {
    /// What it would be.
    pub kind: Kind,
    /// How it would be called.
    pub name: &'a str,
}

impl core::fmt::Display for Missing<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "the layout gives no {} `{}`", self.kind.word(), self.name)
    }
}

impl core::fmt::Debug for Missing<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(self, f)
    }
}

impl core::error::Error for Missing<'_> {}

/// An interrupt that this component is given.
///
/// ```no_run
/// use libsys::layout::{Component, Missing};
///
/// fn serve(component: &Component) -> Result<(), Missing<'static>> {
///     let interrupt = component.interrupt("timer")?;
///     let signals = component.bell()?.wait();
///     if signals & interrupt.signal != 0 {
///         let _ = interrupt.handler.acknowledge();
///     }
///     Ok(())
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Interrupt {
    /// Acknowledges it.
    pub handler: Cap<IrqHandler>,
    /// The bit that it sets in the component's bell.
    pub signal: u64,
}

/// Memory that devices of this component reach, too: one piece.
///
/// ```no_run
/// use libsys::layout::{Component, Missing};
///
/// /// Where a device finds the second page of its buffers.
/// fn second_page(component: &Component) -> Result<u64, Missing<'static>> {
///     let buffers = component.dma("buffers")?;
///     Ok(buffers.physical + 4096)
/// }
/// ```
#[derive(Debug)]
pub struct Dma {
    /// Where this component sees it.
    pub window: Window,
    /// The physical address of its first byte.
    pub physical: u64,
}

/// Registers of a function of PCI, behind one of its base address registers (BARs).
///
/// ```no_run
/// use libsys::layout::Component;
///
/// /// The registers behind BAR 4, and what is to be written into it.
/// fn registers(component: &Component) -> Option<(libsys::window::Window, u64)> {
///     let bar = component.bars("net").find(|bar| bar.number == 4)?;
///     Some((bar.window, bar.physical))
/// }
/// # fn main() {}
/// ```
#[derive(Debug)]
pub struct Bar {
    /// Which, 0 to 5.
    pub number: u8,
    /// Where this component sees them.
    pub window: Window,
    /// The physical address that the layout has for them.
    pub physical: u64,
}

/// What the layout gives to this component. A main function that takes it says that the program
/// is started by the loader of a layout, and by nobody else.
///
/// ```no_run
/// use libsys::layout::Component;
/// use libsys::println;
///
/// #[libsys::main]
/// fn start(component: Component) {
///     println!("this is {}", component.name());
/// }
/// # fn main() {}
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Component {
    given: Given,
}

/// Whether the component's parts that exist once have been taken.
static TAKEN: AtomicBool = AtomicBool::new(false);

impl Argument for Component {
    fn take(start: Start) -> Result<Self, &'static str> {
        let Origin::Spawned { .. } = start.origin else {
            return Err("the initial task is no component of a layout");
        };
        if TAKEN.swap(true, Ordering::Relaxed) {
            return Err("the component was taken before");
        }
        let component = Self { given: Given::take().ok_or("there is no directory")? };
        component.begin_heartbeat();
        match (component.endpoint("console"), component.device("console")) {
            (Ok(server), _) => console::connect(server),
            (_, Ok(uart)) => console::attach(uart),
            _ => {}
        }
        Ok(component)
    }
}

/// Declares methods that look up a capability by its name.
macro_rules! lookups {
    ($($(#[doc = $doc:literal])* $method:ident: $kind:ident -> $object:ty;)*) => { $(
        $(#[doc = $doc])*
        ///
        /// # Errors
        /// The layout says nothing of it.
        pub fn $method<'n>(&self, name: &'n str) -> Result<Cap<$object>, Missing<'n>> {
            Ok(Cap::at(self.find(Kind::$kind, name)?.value))
        }
    )* };
}

impl Component {
    /// Answers its supervisor from now on, if the layout wants signs of life.
    fn begin_heartbeat(&self) {
        let page = self.window(Kind::Memory, heartbeat::NAME);
        if let (Ok(page), Ok(bit)) = (page, self.signal(heartbeat::NAME)) {
            heartbeat::begin(page, bit);
        }
    }

    /// Its own name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        let mut entries = self.given.directory().entries();
        entries.find(|entry| entry.kind == Kind::Component).map_or("", |entry| entry.name)
    }

    /// All that the directory says of something.
    ///
    /// # Errors
    /// It says nothing.
    pub fn find<'n>(&self, kind: Kind, name: &'n str) -> Result<Entry<'static>, Missing<'n>> {
        self.given.directory().find(kind, name).ok_or(Missing { kind, name })
    }

    /// All that there is, in the loader's order.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'static>> {
        self.given.directory().entries()
    }

    /// The words that the layout has for it, in their order.
    pub fn arguments(&self) -> impl Iterator<Item = &'static str> {
        let words = self.entries().filter(|entry| entry.kind == Kind::Argument);
        words.map(|entry| entry.name)
    }

    lookups! {
        /// Whom it calls by this name.
        endpoint: Endpoint -> Endpoint;
        /// Whom it signals by this name.
        notification: Notification -> Notification;
        /// The thread of a component that it manages, or `self`.
        thread: Thread -> Thread;
        /// The time of a component that it manages, or `self`.
        sched_context: SchedContext -> SchedContext;
        /// The CSpace of a component that it manages, or `self`.
        cspace: CSpace -> CNode;
        /// The address space of a component that it manages, or `self`.
        vspace: VSpace -> VSpace;
        /// Memory to make objects of.
        untyped: Untyped -> Untyped;
    }

    /// Where it is called.
    ///
    /// # Errors
    /// Nobody calls it.
    pub fn port(&self) -> Result<Cap<Endpoint>, Missing<'static>> {
        Ok(Cap::at(self.find(Kind::Port, "")?.value))
    }

    /// What holds a caller until it is answered.
    ///
    /// # Errors
    /// Nobody calls it.
    pub fn reply(&self) -> Result<Cap<Reply>, Missing<'static>> {
        Ok(Cap::at(self.find(Kind::Reply, "")?.value))
    }

    /// All that hold callers until they are answered: as many as the layout's `replies` says.
    /// Empty if nobody calls it.
    pub fn replies(&self) -> impl Iterator<Item = Cap<Reply>> {
        let replies = self.entries().filter(|entry| entry.kind == Kind::Reply);
        replies.map(|entry| Cap::at(entry.value))
    }

    /// What it is signalled through.
    ///
    /// # Errors
    /// Nobody signals it.
    pub fn bell(&self) -> Result<Cap<Notification>, Missing<'static>> {
        Ok(Cap::at(self.find(Kind::Bell, "")?.value))
    }

    /// Its ASID pool.
    ///
    /// # Errors
    /// It has none.
    pub fn asid_pool(&self) -> Result<Cap<AsidPool>, Missing<'static>> {
        Ok(Cap::at(self.find(Kind::AsidPool, "")?.value))
    }

    /// Where it waits for calls, and for signals if it is signalled.
    ///
    /// # Errors
    /// Nobody calls it.
    pub fn reception(&self) -> Result<Reception, Missing<'static>> {
        let reception = Reception::new(self.port()?);
        let reception = match self.bell() {
            Ok(bell) => reception.with_signals(bell),
            Err(_) => reception,
        };
        Ok(match self.notification(READY) {
            Ok(ready) => reception.announcing(ready),
            Err(_) => reception,
        })
    }

    /// Another capability that it is granted by this name, as the layout says of what type.
    ///
    /// # Errors
    /// The layout says nothing of it.
    pub fn cap<'n, T>(&self, name: &'n str) -> Result<Cap<T>, Missing<'n>> {
        Ok(Cap::at(self.find(Kind::Cap, name)?.value))
    }

    /// An interrupt.
    ///
    /// # Errors
    /// The layout says nothing of it.
    pub fn interrupt<'n>(&self, name: &'n str) -> Result<Interrupt, Missing<'n>> {
        let entry = self.find(Kind::Interrupt, name)?;
        Ok(Interrupt { handler: Cap::at(entry.value), signal: entry.extent })
    }

    /// The bit that somebody's signal sets in its bell.
    ///
    /// # Errors
    /// The layout says nothing of it.
    pub fn signal<'n>(&self, name: &'n str) -> Result<u64, Missing<'n>> {
        Ok(self.find(Kind::Signal, name)?.value)
    }

    /// The badge of somebody who calls it.
    ///
    /// # Errors
    /// The layout says nothing of it.
    pub fn badge<'n>(&self, client: &'n str) -> Result<Badge, Missing<'n>> {
        Ok(Badge(self.find(Kind::Client, client)?.value))
    }

    /// Who calls with this badge.
    #[must_use]
    pub fn client(&self, badge: Badge) -> Option<&'static str> {
        self.name_of(Kind::Client, badge.0)
    }

    /// Whose faults come with this number (see [`Origin`](crate::server::Origin)).
    #[must_use]
    pub fn faulting(&self, number: u64) -> Option<&'static str> {
        self.name_of(Kind::Fault, number)
    }

    fn name_of(&self, kind: Kind, value: u64) -> Option<&'static str> {
        let mut entries = self.entries();
        let found = entries.find(|entry| (entry.kind, entry.value) == (kind, value));
        found.map(|entry| entry.name)
    }

    /// Memory that others may see, too.
    ///
    /// # Errors
    /// The layout says nothing of it, or names addresses that no program can have.
    pub fn region<'n>(&self, name: &'n str) -> Result<Window, Missing<'n>> {
        self.window(Kind::Region, name)
    }

    /// Memory that devices of this component reach, too.
    ///
    /// # Errors
    /// The layout says nothing of it, or lets no device of this component reach it.
    pub fn dma<'n>(&self, name: &'n str) -> Result<Dma, Missing<'n>> {
        let window = self.region(name)?;
        let physical = self.find(Kind::Physical, name)?.value;
        Ok(Dma { window, physical })
    }

    /// The registers of a device.
    ///
    /// # Errors
    /// The layout says nothing of it.
    pub fn device<'n>(&self, name: &'n str) -> Result<Window, Missing<'n>> {
        self.window(Kind::Device, name)
    }

    /// The registers of a device that is a function of PCI; [`device`](Self::device) has the page
    /// of its configuration.
    pub fn bars<'n>(&self, device: &'n str) -> impl Iterator<Item = Bar> + use<'_, 'n> {
        let registers = self.entries().filter(|entry| entry.kind == Kind::Device);
        registers.filter_map(move |entry| {
            let number = entry.name.strip_prefix(device)?.strip_prefix(".bar")?.parse().ok()?;
            // The loader has mapped it for this program alone to see through windows.
            let window = Window::over(entry.addresses()?);
            let physical = self.find(Kind::Physical, entry.name).ok()?.value;
            Some(Bar { number, window, physical })
        })
    }

    fn window<'n>(&self, kind: Kind, name: &'n str) -> Result<Window, Missing<'n>> {
        let entry = self.find(kind, name)?;
        // The loader has mapped it for this program alone to see through windows.
        Ok(Window::over(entry.addresses().ok_or(Missing { kind, name })?))
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// The layout says nothing of it.
    pub fn file<'n>(&self, name: &'n str) -> Result<&'static [u8], Missing<'n>> {
        self.given.file(name).ok_or(Missing { kind: Kind::File, name })
    }

    /// The memory of a ring to or from somebody, and the bells of both.
    ///
    /// # Errors
    /// The layout says nothing of it.
    pub fn ring<'n>(&self, name: &'n str) -> Result<(Window, Doorbell), Missing<'n>> {
        let memory = self.region(name)?;
        let bell = Doorbell { peer: self.notification(name)?, own: self.bell()? };
        Ok((memory, bell))
    }
}
