//! What typed capabilities cost: nothing.
//!
//! Each function of [`typed`] has one of the same name in [`plain`] that does the same in
//! assembly. `cargo xtask test "zero cost"` builds this program, which is never run, and compares
//! their lengths: the instructions to the first return, which is where a success ends.
#![no_std]
#![no_main]

mod plain;
mod typed;

use core::hint::black_box;

/// Keeps both functions of a name in the image.
macro_rules! keep {
    ($($name:ident)*) => { $(black_box((typed::$name as *const (), plain::$name as *const ()));)* };
}

#[libsys::main]
fn main() {
    keep! {
        call_0 call_4 call_10 call_cap send nb_send reply_recv recv wait signal yield_now
        copy mint delete map unmap retype resume set_priority address
    }
}
