//! Servers and their clients: an interface is declared once, and both sides use it.
//!
//! [`interface!`](crate::interface) declares operations with typed arguments and answers; its
//! example shows both sides. A message is plain data. What arrives is checked completely before
//! a server sees it, and who sent nonsense is told precisely what is wrong with it.
//!
//! A server that can answer at once implements the interface's `Server` trait and runs
//! [`serve()`]; one step of it is one system call. With [`serve_passively`] it has no time of its
//! own and runs on its clients'. A server whose answers take a while keeps each call and answers
//! it later, through its [`Responder`].
//!
//! | module | what |
//! |---|---|
//! | `interface` | the macros that declare interfaces and data |
//! | `field` | what may stand in a message |
//! | `bytes` | bytes and text as fields |
//! | `message` | messages word by word |
//! | `operation` | calls and answers |
//! | `check` | what is checked when an interface is compiled |
//! | `connection` | the client's side |
//! | `origin` | clients, faults and signals, told apart |
//! | `sessions` | clients by their badges |
//! | `port` | where a server waits |
//! | `serve` | the loop of a server that answers at once |
//! | `later` | calls that are answered later |
//! | `recorded` | callers without a kernel, for tests |

mod bytes;
mod check;
mod connection;
mod field;
mod interface;
mod later;
mod message;
mod operation;
mod origin;
mod port;
mod recorded;
pub(crate) mod serve;
mod sessions;
#[cfg(test)]
pub(crate) mod tests;

pub use bytes::{Bytes, Text};
#[doc(hidden)]
pub use check::{Extent, check_interface, extent};
pub use connection::Connection;
pub use field::Field;
pub use later::{Asked, Responder, reject};
pub use message::{Buffer, DecodeError, Decoder, Encoder, Outgoing, ThreadBuffer};
pub use operation::{
    ABANDONED, CallError, Operation, RESTARTED, Request, abandon, answer, ask, complain, result,
    understand,
};
pub use origin::Origin;
pub use port::{Port, Reception};
pub use recorded::Recorded;
pub use serve::{Handler, Resolution, retire, serve, serve_passively};
pub use sessions::Sessions;
