//! Calls, and lends a capability.
#![no_std]
#![no_main]

use examples::ping_pong::{LEAVE, LEND, SERVE, TABLE, VOLLEY, WHISTLE};
use libsys::process::slots;
use libsys::{Message, console, println};

#[libsys::main]
fn main(last: u64) {
    console::connect(slots::CONSOLE);
    TABLE.send(Message::new(SERVE, &[]));
    let mut ball = 0;
    while ball < last {
        ball = TABLE.call(Message::new(VOLLEY, &[ball + 1])).word(0);
        println!("ping: {ball}");
    }
    TABLE.call(Message::new(LEND, &[]).with_caps(&[WHISTLE.pointer()]));
    println!("ping: the whistle says {}", WHISTLE.wait());
    TABLE.call(Message::new(LEAVE, &[]));
}
