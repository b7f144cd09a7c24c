//! A program that touches memory, by its pager's leave.
#![no_std]
#![no_main]

use core::hint::black_box;
use core::time::Duration;

use libsys::executor::{Clock, Counter};
use libsys::pager::{self, Failure, Protection, Purpose};
use libsys::process::slots;
use libsys::{console, println};
use pager_examples::toucher::Task;

const PAGE: u64 = 4096;
/// Pages of each kind.
const PAGES: u64 = 1024;

#[libsys::main]
fn main(argument: u64) -> Result<(), Failure> {
    console::connect(slots::CONSOLE);
    match Task::try_from(argument) {
        Ok(Task::Touch) => {
            // Large pages first: where small ones were, their table stays.
            let large = touch(Purpose::Heap)?;
            let blocks = touch(Purpose::Data)?;
            let single = touch(Purpose::Stack)?;
            println!("blocks cost less than single pages: {}", blocks * 4 < single * 3);
            println!("large pages cost less than blocks: {}", large * 4 < blocks * 3);
        }
        Ok(Task::Recurse) => {
            let before = pager::usage()?;
            black_box(recurse(20));
            let after = pager::usage()?;
            let (pages, faults) = (after.pages - before.pages, after.faults - before.faults);
            println!("20 calls with a page each: at least 20 pages: {}", pages >= 20);
            println!("a fault for each page: {}", pages == faults);
        }
        Ok(Task::Overflow) => drop(black_box(recurse(u64::MAX))),
        Ok(Task::WriteReadOnly) => {
            let memory = pager::allocate(PAGE, Purpose::Data)?;
            memory.write_word(0, 1);
            pager::protect(&memory, Protection::Read)?;
            println!("it reads {}", memory.read_word(0));
            memory.write_word(0, 2);
        }
        Ok(Task::ReadNothing) => {
            let memory = pager::allocate(PAGE, Purpose::Data)?;
            memory.write_word(0, 1);
            pager::protect(&memory, Protection::None)?;
            println!("this is not to be reached: {}", memory.read_word(0));
        }
        Ok(Task::Exceed) => {
            let memory = pager::allocate(PAGES * PAGE, Purpose::Data)?;
            (0..PAGES).for_each(|page| memory.write_word(page * PAGE, page));
            println!("this is not to be reached");
        }
        Ok(Task::Behave) | Err(_) => {
            let memory = pager::allocate(PAGE, Purpose::Data)?;
            memory.write_word(8, argument);
            println!("not disturbed: {}", memory.read_word(8) == argument);
        }
    }
    Ok(())
}

/// Touches all pages of a region, and says how many nanoseconds each took. Those are
/// instructions where the machine counts its time in them.
fn touch(purpose: Purpose) -> Result<u64, Failure> {
    let clock = Counter::new(|_: Duration| {});
    let memory = pager::allocate(PAGES * PAGE, purpose)?;
    let before = pager::usage()?;
    let started = clock.now();
    for page in 0..PAGES {
        memory.write_word(page * PAGE, page);
    }
    let elapsed = (clock.now() - started).as_nanos() as u64;
    let after = pager::usage()?;
    let faults = after.faults - before.faults;
    let (pages, tables) = (after.pages - before.pages, after.tables - before.tables);
    let cost = elapsed / PAGES;
    println!("{purpose}: {pages} pages, {tables} tables, {faults} faults");
    println!("{purpose}: {cost} ns a page");
    let sum: u64 = (0..PAGES).map(|page| memory.read_word(page * PAGE)).sum();
    assert_eq!(sum, PAGES * (PAGES - 1) / 2, "what was written is there");
    pager::unmap(memory)?;
    Ok(cost)
}

/// Needs a bit more than a page of stack for each level.
#[inline(never)]
fn recurse(levels: u64) -> u64 {
    let local = black_box([levels; 512]);
    if levels == 0 { local[0] } else { recurse(levels - 1) ^ black_box(&local)[511] }
}
