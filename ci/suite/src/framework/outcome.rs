//! How a test ends.

use abi::Error;
use core::fmt::{self, Write};
use core::panic::Location;
use heapless::String;
use libsys::bootstrap::AllocationError;

/// What a test answers: `PASSED`, or an [`Ending`] through `?` and the check macros.
pub type Outcome<T = ()> = Result<T, Ending>;

/// The answer of a test that reached its end.
pub const PASSED: Outcome = Ok(());

/// An end before the last line of a test.
#[derive(Debug)]
pub enum Ending {
    /// A check failed.
    Failed(Failure),
    /// The test does not apply to this machine or image, and why.
    Skipped(&'static str),
}

/// What failed, and where.
#[derive(Debug)]
pub struct Failure {
    place: &'static Location<'static>,
    text: String<240>,
}

impl Failure {
    /// A failure at this place. Text that is too long is cut.
    pub fn new(place: &'static Location<'static>, text: fmt::Arguments<'_>) -> Self {
        let mut kept = Cut(String::new());
        // `Cut` takes everything; a `Debug` that fails has written what it could.
        let _ = kept.write_fmt(text);
        Self { place, text: kept.0 }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}:{})", self.text, self.place.file(), self.place.line())
    }
}

/// Text that drops what does not fit.
struct Cut(String<240>);

impl Write for Cut {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            // A full string stays as it is.
            let _ = self.0.push(character);
        }
        Ok(())
    }
}

impl Ending {
    /// A failure at the caller's place.
    #[track_caller]
    pub fn failed(text: fmt::Arguments<'_>) -> Self {
        Self::Failed(Failure::new(Location::caller(), text))
    }
}

impl From<Error> for Ending {
    #[track_caller]
    fn from(error: Error) -> Self {
        Self::failed(format_args!("an invocation failed: {error:x?}"))
    }
}

impl From<AllocationError> for Ending {
    #[track_caller]
    fn from(error: AllocationError) -> Self {
        Self::failed(format_args!("{error}"))
    }
}

/// Ends the test unless the condition holds.
#[macro_export]
macro_rules! check {
    ($condition:expr) => {
        if !$condition {
            return Err($crate::framework::outcome::Ending::failed(format_args!(
                "expected {}",
                stringify!($condition)
            )));
        }
    };
    ($condition:expr, $($text:tt)+) => {
        if !$condition {
            return Err($crate::framework::outcome::Ending::failed(format_args!($($text)+)));
        }
    };
}

/// Ends the test unless what was found is what was expected.
#[macro_export]
macro_rules! check_eq {
    ($found:expr, $expected:expr) => {{
        let (found, expected) = ($found, $expected);
        $crate::check!(
            found == expected,
            "{}: found {:x?}, expected {:x?}",
            stringify!($found),
            found,
            expected
        );
    }};
}

/// Ends the test unless the invocation was refused with this error.
#[macro_export]
macro_rules! check_err {
    ($result:expr, $error:expr) => {{
        let (found, expected) = ($result.map(|_| ()), Err::<(), abi::Error>($error));
        $crate::check!(
            found == expected,
            "{}: found {:x?}, expected {:x?}",
            stringify!($result),
            found,
            expected
        );
    }};
}

/// Ends the test as not applicable when the condition holds.
#[macro_export]
macro_rules! skip_if {
    ($condition:expr, $why:expr) => {
        if $condition {
            return Err($crate::framework::outcome::Ending::Skipped($why));
        }
    };
}
