//! Linux's user ABI on arm64, as far as it is needed here.
//!
//! Numbers and layouts are facts of that ABI. They are written down here, and not taken from a
//! crate, because crates offer those of the architecture that they are compiled for, and this crate
//! has to mean arm64 on every development machine. `personality-linux` compares them with the crate
//! `linux-raw-sys` when it is compiled for the target.
//!
//! | module | what |
//! |---|---|
//! | [`errno`] | errors |
//! | [`flags`] | bits and words in arguments |
//! | [`structures`] | what lies in the memory of programs |
//! | [`signals`] | numbers of signals, and the frame that a handler gets |
//! | [`termios`] | the modes of a terminal |

pub mod errno;
pub mod flags;
pub mod signals;
pub mod structures;
pub mod termios;
