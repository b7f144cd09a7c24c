//! Answers, and uses the capability that it is lent.
#![no_std]
#![no_main]

use examples::ping_pong::{LEND, LENT, REPLY, SERVE, TABLE, VOLLEY};
use libsys::process::slots;
use libsys::{Message, console, initial, ipc_buffer, println};

#[libsys::main]
fn main() {
    console::connect(slots::CONSOLE);
    let mut message = TABLE.recv(REPLY);
    loop {
        message = match message.info.label() {
            SERVE => {
                println!("pong: player {} serves", message.badge);
                TABLE.recv(REPLY)
            }
            VOLLEY => {
                ipc_buffer::set_receive_path(initial::CNODE.slot(LENT.pointer()));
                TABLE.reply_recv(REPLY, Message::new(0, &[message.word(0) + 1]))
            }
            LEND => {
                println!(
                    "pong: {} capability from player {}",
                    message.info.extra_caps(),
                    message.badge
                );
                LENT.signal();
                TABLE.reply_recv(REPLY, Message::EMPTY)
            }
            _ => {
                println!("pong: player {} leaves", message.badge);
                return REPLY.send(Message::EMPTY);
            }
        }
    }
}
