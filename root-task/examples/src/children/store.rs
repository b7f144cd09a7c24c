//! A B-tree store in memory that has a pager of its own.
#![no_std]
#![no_main]

use libsys::process::slots;
use libsys::window::Window;
use libsys::{console, pager, println};
use pager_examples::btree::{Pages, Tree};
use pager_examples::keeper::{PAGES, RESIDENT};
use pager_examples::lru::Lru;
use pager_examples::store::{KEYS, LRU_MISSES, Task, VISITS, build, query, value};

const PAGE: u64 = 4096;

/// The store's memory, and what another policy would have done with it.
struct Memory {
    window: Window,
    lru: Lru,
    visits: u64,
}

impl Pages for Memory {
    fn visit(&mut self, page: u64) {
        self.visits += 1;
        self.lru.access(page);
    }

    fn read(&self, page: u64, word: u64) -> u64 {
        self.window.read_word(page * PAGE + 8 * word)
    }

    fn write(&mut self, page: u64, word: u64, value: u64) {
        self.window.write_word(page * PAGE + 8 * word, value);
    }
}

#[libsys::main]
fn main(argument: u64) {
    console::connect(slots::CONSOLE);
    let window = pager::custom(PAGES * PAGE);
    let memory = Memory { window, lru: Lru::new(RESIDENT), visits: 0 };
    let mut tree = match Task::try_from(argument) {
        Ok(Task::Build) => {
            let mut tree = Tree::create(memory);
            build(&mut tree);
            println!("{KEYS} keys in {} pages", tree.size());
            tree
        }
        Ok(Task::Query) => {
            let mut tree = Tree::open(memory);
            println!("sum of what was found: {:#x}", query(&mut tree));
            tree
        }
        Ok(Task::Verify) | Err(_) => {
            let mut tree = Tree::open(memory);
            let right = (0..KEYS).filter(|key| tree.get(*key) == Some(value(*key))).count();
            let absent = (KEYS..KEYS + 100).filter(|key| tree.get(*key).is_none()).count();
            println!("{right} keys have their values, {absent} others have none");
            tree
        }
    };
    let (visits, misses) = (tree.pages.visits, tree.pages.lru.misses());
    tree.pages.write(0, VISITS, visits);
    tree.pages.write(0, LRU_MISSES, misses);
}
