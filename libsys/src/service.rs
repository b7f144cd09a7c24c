//! What drivers and other servers do for their clients: the protocol, the client's half, and the
//! server's half, which trusts nothing that a client writes.
//!
//! Control goes by calls to an endpoint, data through rings in memory that both share. What both
//! begin with a call, a *session*, ends when the client begins another, when it breaks the rings,
//! or when the server is started again: then a call with the session's number is refused.
//!
//! | module | what |
//! |---|---|
//! | [`packet`] | packets of a network card that several clients share |

pub mod packet;
