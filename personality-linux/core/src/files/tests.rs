//! Tests of files on a disk.
//!
//! | module | what |
//! |---|---|
//! | [`disk`] | a disk in memory, and volumes on it |
//! | [`calls`] | programs that use one |
//! | [`power`] | what is there after a loss of power |

mod calls;
mod disk;
mod power;
