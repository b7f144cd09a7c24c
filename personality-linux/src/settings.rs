//! What the layout says: what to start, and how.
//!
//! | in the layout | what |
//! |---|---|
//! | file `root` | a `cpio` archive: what the root directory contains |
//! | file `command` | a line for the shell: `/bin/sh -c LINE` is started |
//! | arguments | without a command: the program and its words |

use alloc::vec::Vec;

use libsys::layout::Component;
use libsys::println;
use linux::machine::Machine;
use linux::{Linux, Program};

/// What is to be done.
pub(crate) struct Settings {
    pub(crate) root: Option<&'static [u8]>,
    pub(crate) program: Program,
}

impl Settings {
    /// Those of the layout.
    pub(crate) fn of(component: &Component) -> Self {
        let environment = [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME=/root",
            "TERM=vt100",
        ];
        let environment = environment.map(|text| text.as_bytes().to_vec()).to_vec();
        let arguments: Vec<Vec<u8>> = match component.file("command") {
            Ok(line) => {
                let line = line.strip_suffix(b"\n").unwrap_or(line);
                [b"/bin/sh", b"-c".as_slice(), line].map(<[u8]>::to_vec).to_vec()
            }
            Err(_) => component.arguments().map(|word| word.as_bytes().to_vec()).collect(),
        };
        let path = arguments.first().cloned().unwrap_or_else(|| b"/init".to_vec());
        let arguments = if arguments.is_empty() { alloc::vec![path.clone()] } else { arguments };
        let program = Program { path, arguments, environment };
        Self { root: component.file("root").ok(), program }
    }
}

/// Says how the first process has ended, and which calls are missing. The last line is what a
/// script looks for.
pub(crate) fn report<M: Machine>(linux: &Linux<M>, status: u32) {
    for (number, count) in linux.unimplemented() {
        println!("linux: call {number} is not implemented (asked for {count} times)");
    }
    let signal = status & 0x7f;
    let code = if signal == 0 { status >> 8 & 0xff } else { 128 + signal };
    println!("linux: exit status {code}");
}
