//! The first process of a Linux system: does the work that drivers are measured with.
//!
//! Its words say which: `disk`, `packets`, `console`. The files of `/modules` are the modules of
//! the kernel that it loads first, in the order of their names.
//!
//! | module | what |
//! |---|---|
//! | `machine` | calls of the system that the standard library does not have |
//! | `disk` | requests to a disk |
//! | `packets` | packets on a network |
//! | `console` | lines on a console |

mod console;
mod disk;
mod machine;
mod packets;

use std::io;
use std::path::PathBuf;

use machine::system;

fn main() {
    if let Err(problem) = prepare() {
        println!("peer: cannot prepare: {problem}");
    }
    for word in std::env::args().skip(1) {
        let result = match word.as_str() {
            "disk" => disk::measure(),
            "packets" => packets::measure(),
            "console" => console::measure(),
            _ => Err(io::Error::other("there is no such work")),
        };
        if let Err(problem) = result {
            println!("peer: {word}: {problem}");
        }
    }
    println!("peer: done");
    system::power_off();
}

/// Mounts what programs expect, and loads the modules.
fn prepare() -> io::Result<()> {
    for (kind, place) in [(c"devtmpfs", c"/dev"), (c"sysfs", c"/sys"), (c"proc", c"/proc")] {
        system::mount(kind, place)?;
    }
    let entries = std::fs::read_dir("/modules")?;
    let mut modules: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    modules.sort();
    for module in modules {
        system::load_module(&std::fs::File::open(module)?)?;
    }
    Ok(())
}
