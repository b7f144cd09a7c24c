//! What an image says, in words: a line for each fact, by the names that the layout gave.
//!
//! Two images with the same lines make the same system, wherever their objects are numbered. An
//! image without names has numbers instead, and compares with others like it.
//!
//! | module | what |
//! |---|---|
//! | [`names`] | what cells are called |
//! | [`mod@facts`] | the lines |

mod facts;
mod names;

pub use facts::{PROVEN, facts};
