//! How a program starts, what its main function may look like, and what becomes of its result.
//!
//! A main function takes nothing or one [`Argument`], and returns nothing, a `Result`, or never:
//!
//! ```
//! use libsys::System;
//! use libsys::bootstrap::AllocationError;
//! use libsys::object::Notification;
//! # use libsys::start::Main;
//!
//! // #[libsys::main]
//! fn program(mut system: System) -> Result<(), AllocationError> {
//!     let bell = system.allocator.create::<Notification>()?;
//!     bell.signal();
//!     libsys::println!("the bell says {}", bell.wait());
//!     Ok(())
//! }
//! # fn is_main<A>(_: impl Main<A>) {}
//! # is_main(program);
//! ```

use core::fmt::Debug;

use abi::bootinfo::BootInfo;

use crate::bootstrap::System;
use crate::exit::Ending;
use crate::{console, println};

/// Who started the program, and with what.
///
/// ```
/// use libsys::start::{Origin, Start};
///
/// /// What a program is to do, by who has started it.
/// fn purpose(start: Start) -> u64 {
///     match start.origin {
///         Origin::Initial { boot } => boot.node_count,
///         Origin::Spawned { argument, .. } => argument,
///     }
/// }
/// # let _ = purpose;
/// ```
#[derive(Clone, Copy, Debug)]
pub enum Origin {
    /// The kernel: this is the initial task.
    Initial {
        /// What the kernel says about the system.
        boot: &'static BootInfo,
    },
    /// Another program.
    Spawned {
        /// A number for the main function; the two programs know what it means.
        argument: u64,
    },
}

/// What a program is started with.
///
/// ```
/// use libsys::start::{Origin, Start};
///
/// fn argument(start: Start) -> Option<u64> {
///     match start.origin {
///         Origin::Spawned { argument } => Some(argument),
///         Origin::Initial { .. } => None,
///     }
/// }
/// assert_eq!(argument(Start { origin: Origin::Spawned { argument: 7 } }), Some(7));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// Who started the program.
    pub origin: Origin,
}

/// What a main function may take.
///
/// ```no_run
/// use libsys::start::{Argument, Origin, Start};
///
/// /// What the program that started us wants.
/// struct Seed(u64);
///
/// impl Argument for Seed {
///     fn take(start: Start) -> Result<Self, &'static str> {
///         match start.origin {
///             Origin::Spawned { argument, .. } => Ok(Self(argument)),
///             Origin::Initial { .. } => Err("a child only"),
///         }
///     }
/// }
///
/// // #[libsys::main]
/// fn program(Seed(seed): Seed) {
///     libsys::println!("{seed}");
/// }
/// # fn is_main<A>(_: impl libsys::start::Main<A>) {}
/// # is_main(program);
/// ```
pub trait Argument: Sized {
    /// Makes it of what the program was started with.
    ///
    /// # Errors
    /// Why this program cannot have it.
    fn take(start: Start) -> Result<Self, &'static str>;
}

impl Argument for Start {
    fn take(start: Start) -> Result<Self, &'static str> {
        Ok(start)
    }
}

/// The number that another program has started this one with.
impl Argument for u64 {
    fn take(start: Start) -> Result<Self, &'static str> {
        match start.origin {
            Origin::Spawned { argument } => Ok(argument),
            Origin::Initial { .. } => Err("the initial task has no argument"),
        }
    }
}

impl Argument for &'static BootInfo {
    fn take(start: Start) -> Result<Self, &'static str> {
        match start.origin {
            Origin::Initial { boot } => Ok(boot),
            Origin::Spawned { .. } => Err("only the initial task has boot information"),
        }
    }
}

/// Everything that the initial task owns, with the console open and the heap able to grow.
impl Argument for System {
    fn take(start: Start) -> Result<Self, &'static str> {
        let mut system = Self::new(<&BootInfo>::take(start)?);
        // Without a UART, output goes to the kernel's console.
        let _ = console::open(&mut system);
        system.provide_heap();
        Ok(system)
    }
}

/// What a main function may return.
///
/// ```
/// use libsys::exit::Ending;
/// use libsys::start::Outcome;
///
/// assert_eq!(().ending(), Ending::Finished);
/// assert_eq!(Ok::<(), u8>(()).ending(), Ending::Finished);
/// ```
pub trait Outcome {
    /// How the program ends with it.
    fn ending(self) -> Ending;
}

impl Outcome for () {
    fn ending(self) -> Ending {
        Ending::Finished
    }
}

impl<T: Outcome, E: Debug> Outcome for Result<T, E> {
    fn ending(self) -> Ending {
        match self {
            Ok(value) => value.ending(),
            Err(error) => {
                println!("main failed: {error:?}");
                Ending::Failed
            }
        }
    }
}

/// Names the type of what a function returns.
#[doc(hidden)]
pub trait Returns {
    /// That type.
    type Type;
}

impl<T> Returns for fn() -> T {
    type Type = T;
}

/// The type without values, which has no name of its own yet.
type Never = <fn() -> ! as Returns>::Type;

impl Outcome for Never {
    fn ending(self) -> Ending {
        self
    }
}

/// A function that can be the main function. `A` is the tuple of its arguments.
///
/// ```
/// use libsys::System;
/// use libsys::start::{Main, Start};
///
/// fn is_main<A>(_: impl Main<A>) {}
///
/// is_main(|| {});
/// is_main(|_: Start| -> Result<(), u8> { Err(1) });
/// is_main(|_: System| loop {});
/// ```
pub trait Main<A> {
    /// Runs it.
    fn run(self, start: Start) -> Ending;
}

impl<F: FnOnce() -> R, R: Outcome> Main<()> for F {
    fn run(self, start: Start) -> Ending {
        if matches!(start.origin, Origin::Initial { .. }) {
            // Opens the console; a program that takes nothing has no use for the rest.
            let _ = System::take(start);
        }
        self().ending()
    }
}

impl<F: FnOnce(A) -> R, A: Argument, R: Outcome> Main<(A,)> for F {
    fn run(self, start: Start) -> Ending {
        match A::take(start) {
            Ok(argument) => self(argument).ending(),
            Err(reason) => {
                println!("cannot start: {reason}");
                Ending::Failed
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Start = Start { origin: Origin::Spawned { argument: 3 } };

    #[test]
    fn main_functions_have_several_shapes() {
        fn nothing() {}
        fn fails() -> Result<(), u8> {
            Err(1)
        }
        fn takes(start: Start) -> Result<(), u8> {
            assert!(matches!(start.origin, Origin::Spawned { argument: 3 }));
            Ok(())
        }
        fn diverges(_: Start) -> ! {
            panic!("it does not return")
        }
        assert_eq!(nothing.run(START), Ending::Finished);
        assert_eq!(takes.run(START), Ending::Finished);
        let _ = (diverges as fn(Start) -> !, fails as fn() -> Result<(), u8>);
    }

    #[test]
    fn only_the_initial_task_has_boot_information() {
        assert!(<&BootInfo>::take(START).is_err());
        assert!(System::take(START).is_err());
    }
}
