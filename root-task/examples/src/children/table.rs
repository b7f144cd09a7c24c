//! A program with a table among its variables, which it finds again when it is started again.
#![no_std]
#![no_main]

use libsys::process::slots;
use libsys::{Mutex, console, println};
use pager_examples::table::{PAGES, Task};

/// Words of a page.
const WORDS: usize = 512;

static TABLE: Mutex<[[u64; WORDS]; PAGES]> = Mutex::new([[0; WORDS]; PAGES]);

#[libsys::main]
fn main(argument: u64) {
    console::connect(slots::CONSOLE);
    let mut table = TABLE.lock();
    match Task::try_from(argument) {
        Ok(Task::Fill) => {
            for (number, page) in (1..).zip(table.iter_mut()) {
                page[0] = number;
            }
        }
        Ok(Task::ChangeFirst) => table[0][0] = 1000,
        Ok(Task::ChangeLast) => table[PAGES - 1][0] = 2000,
        Ok(Task::Show) | Err(_) => {
            let sum: u64 = table.iter().map(|page| page[0]).sum();
            println!("sees {} and {}, sum {sum}", table[0][0], table[PAGES - 1][0]);
        }
    }
}
