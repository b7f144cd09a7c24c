//! A terminal that many clients share, for drivers of devices that it hangs on.
//!
//! A driver gives a [`Line`]; the [`Multiplexer`] serves `libsys::service::terminal` with it, and
//! [`serve()`] does so for the component of a layout.
//!
//! | module | what |
//! |---|---|
//! | [`mod@line`] | what a device does for the terminal |
//! | [`multiplexer`] | the clients' calls, what comes in, what goes out |
//! | `client` | what is known of a client |
//! | `text` | a call that prints, byte by byte |
//! | `output` | whose turn it is to print |
//! | `keys` | the escape key |
//! | `inbox` | what was typed and not read yet |
//! | [`serve`](mod@serve) | the wiring for a component |
//! | [`fake`] | a line without a device, for tests |
//!
//! # Lines stay whole
//!
//! The client whose text began the line where the cursor is *holds* the line until its line feed.
//! Others wait, but not for ever: the line is broken, with a line feed of the terminal's own, when
//! it gets longer than [`LONGEST_LINE`], when its client waits for input (then it was a prompt),
//! and when a pause is over that began with the waiting. So no line ever has text of two clients,
//! and a line that is printed in one call is in one piece. At the end of each line it is the next
//! client's turn, however much one has to say.
//!
//! # Back-pressure
//!
//! A client that prints waits until the device has taken all of its text; so nothing that was
//! acknowledged is in the driver's memory only, where it would be lost with the driver. What is
//! typed for a client that does not read is kept up to [`INBOX`] bytes; what is lost is counted,
//! and told with the next bytes.
//!
//! # The escape key
//!
//! Ctrl-T, then `n` for the next client, `p` for the one before, `1` to `9` for one by its number
//! in the order of the layout's names; Ctrl-T again is a Ctrl-T for the client. The terminal says
//! in brackets who has the focus now.
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod client;
pub mod fake;
mod inbox;
mod keys;
pub mod line;
pub mod multiplexer;
mod output;
pub mod serve;
#[cfg(test)]
mod tests;
mod text;

pub use inbox::INBOX;
pub use keys::ESCAPE;
pub use line::{Arrival, Damage, Line};
pub use multiplexer::{Multiplexer, Party};
pub use output::LONGEST_LINE;
pub use serve::{ServeError, serve};
