//! What drivers and other servers do for their clients: the protocol, the client's half, and the
//! server's half, which trusts nothing that a client writes.
//!
//! Control goes by calls to an endpoint, data through rings in memory that both share, if there is
//! much. What both begin with a call, a *session*, ends when the client begins another, when it
//! breaks the rings, or when the server is started again: then a call with the session's number is
//! refused. Where everything goes by calls there are no sessions: who waits for a server that is
//! started again is told so ([`Restarted`](crate::server::CallError::Restarted)), and the clients
//! here then ask again by themselves.
//!
//! | module | what |
//! |---|---|
//! | [`block`] | sectors of a disk that several clients share |
//! | [`clock`] | the time of day, and waiting for one |
//! | [`entropy`] | random bytes |
//! | [`packet`] | packets of a network card that several clients share |
//! | [`terminal`] | text to and from a person |
//! | `alarm` | what a client hears while it sleeps: that a driver was started again, too |

mod alarm;
pub mod block;
pub mod clock;
pub mod entropy;
pub mod packet;
pub mod terminal;

pub use alarm::{Alarm, Restarts};

use crate::server::CallError;

/// Calls a server, and again as often as it was started again meanwhile.
fn again<T, E>(mut call: impl FnMut() -> Result<T, CallError<E>>) -> Result<T, CallError<E>> {
    loop {
        match call() {
            Err(CallError::Restarted) => {}
            answer => return answer,
        }
    }
}
