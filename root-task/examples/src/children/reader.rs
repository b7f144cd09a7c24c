//! A program that maps files.
#![no_std]
#![no_main]

use libsys::pager::{self, Failure, Protection, Purpose};
use libsys::process::slots;
use libsys::window::Window;
use libsys::{console, println};
use pager_examples::library::{BROKEN, NUMBERS, PAGES, SLOW, Task};

const PAGE: u64 = 4096;
const BYTES: u64 = PAGES * PAGE;

#[libsys::main]
fn main(argument: u64) -> Result<(), Failure> {
    console::connect(slots::CONSOLE);
    let read_only = |name| pager::map(name, 0, BYTES, Protection::Read);
    match Task::try_from(argument) {
        Ok(Task::Sum) => {
            let (before, numbers) = (pager::usage()?, read_only(NUMBERS)?);
            let sum = sum(&numbers);
            let after = pager::usage()?;
            let (pages, faults) = (after.pages - before.pages, after.faults - before.faults);
            println!("sum {sum}: {pages} pages, {faults} faults");
        }
        Ok(Task::Change) => {
            let numbers = pager::map(NUMBERS, 0, BYTES, Protection::ReadWrite)?;
            numbers.write_word(8, 1_000_000);
            println!("sum {} with a change", sum(&numbers));
        }
        Ok(Task::ReadSlow) => println!("the slow file has {}", read_only(SLOW)?.read_word(16)),
        Ok(Task::ReadBroken) => println!("the broken file has {}", read_only(BROKEN)?.read_word(0)),
        Ok(Task::ReadBehind) => {
            let behind = pager::map(NUMBERS, PAGES, PAGE, Protection::Read)?;
            println!("behind the end is {}", behind.read_word(0));
        }
        Ok(Task::Touch) | Err(_) => {
            let memory = pager::allocate(256 * PAGE, Purpose::Stack)?;
            let before = pager::usage()?.faults;
            (0..256).for_each(|page| memory.write_word(page * PAGE, page));
            println!("{} faults meanwhile", pager::usage()?.faults - before);
        }
    }
    Ok(())
}

fn sum(numbers: &Window) -> u64 {
    (0..BYTES).step_by(8).map(|offset| numbers.read_word(offset)).sum()
}
