//! Terminals: the console, and pairs of a terminal and the program that plays its device.
//!
//! | module | what |
//! |---|---|
//! | [`discipline`] | the line discipline |
//! | [`echo`] | how typed characters appear |
//! | [`opening`] | `/dev/console`, `/dev/tty`, `/dev/ptmx`, `/dev/pts` |
//! | [`transfer`] | reading and writing, for programs and for the device |
//! | [`control`] | `ioctl` |
//! | [`jobs`] | who is in the foreground, and what happens to the others |

mod control;
mod discipline;
mod echo;
mod jobs;
mod opening;
#[cfg(test)]
mod tests;
mod transfer;

use alloc::collections::{BTreeMap, VecDeque};
use alloc::rc::Rc;
use core::cell::{Cell, RefCell};

pub(crate) use discipline::Discipline;

use crate::waiting::{Key, Wakes};

/// The number of the console; that of `/dev/pts/N` is one more than N.
pub(crate) const CONSOLE: u32 = 0;
/// Bytes that a pseudo terminal keeps for who plays its device.
const PTY_OUTPUT: usize = 8192;
/// Most pseudo terminals.
const PTYS: u32 = 256;

/// Rows, columns, and the same in pixels (`struct winsize`).
pub(crate) type WindowSize = [u16; 4];

/// What hangs at the other side of a terminal.
#[derive(Debug)]
pub(crate) enum Device {
    /// The machine's console.
    Console,
    /// A program that has opened `/dev/ptmx`.
    Program(Pty),
}

/// What a program that plays a device has of it.
#[derive(Debug)]
pub(crate) struct Pty {
    /// What was printed and not read by it.
    output: RefCell<VecDeque<u8>>,
    /// Whether it is still there.
    has_master: Cell<bool>,
    /// Whether somebody has opened the terminal.
    was_opened: Cell<bool>,
    /// Whether the terminal cannot be opened yet.
    is_locked: Cell<bool>,
}

/// A terminal.
#[derive(Debug)]
pub(crate) struct Terminal {
    pub(crate) number: u32,
    discipline: RefCell<Discipline>,
    size: Cell<WindowSize>,
    /// The process group that is in the foreground; 0: none.
    pub(crate) foreground: Cell<u32>,
    /// The session whose terminal it is; 0: none.
    pub(crate) session: Cell<u32>,
    device: Device,
    /// How often it is open.
    opened: Cell<u32>,
    wakes: Wakes,
}

/// A terminal that a program has opened; dropped, it is closed.
#[derive(Debug)]
pub(crate) struct TerminalEnd(pub(crate) Rc<Terminal>);

/// The side of the device of a pseudo terminal; dropped, the terminal is hung up.
#[derive(Debug)]
pub(crate) struct MasterEnd(pub(crate) Rc<Terminal>);

impl Terminal {
    fn new(number: u32, device: Device, wakes: &Wakes) -> Rc<Self> {
        Rc::new(Self {
            number,
            discipline: RefCell::new(Discipline::new()),
            size: Cell::new([24, 80, 0, 0]),
            foreground: Cell::new(0),
            session: Cell::new(0),
            device,
            opened: Cell::new(0),
            wakes: Rc::clone(wakes),
        })
    }

    /// What those wait for who find nothing to read or no room to write, on either side.
    pub(crate) const fn key(&self) -> Key {
        Key::Terminal(self.number)
    }

    /// Something has changed.
    fn changed(&self) {
        self.wakes.borrow_mut().push(self.key());
    }

    pub(crate) fn open(self: &Rc<Self>) -> TerminalEnd {
        self.opened.set(self.opened.get() + 1);
        if let Some(pty) = self.pty() {
            pty.was_opened.set(true);
        }
        TerminalEnd(Rc::clone(self))
    }

    fn pty(&self) -> Option<&Pty> {
        match &self.device {
            Device::Console => None,
            Device::Program(pty) => Some(pty),
        }
    }

    /// Whether nobody plays its device any more.
    pub(crate) fn is_hung_up(&self) -> bool {
        self.pty().is_some_and(|pty| !pty.has_master.get())
    }

    /// Lets it belong to nobody.
    fn release(&self) {
        self.session.set(0);
        self.foreground.set(0);
    }
}

impl Drop for TerminalEnd {
    fn drop(&mut self) {
        let opened = &self.0.opened;
        opened.set(opened.get() - 1);
        if opened.get() == 0 {
            self.0.changed();
        }
    }
}

impl Drop for MasterEnd {
    fn drop(&mut self) {
        if let Some(pty) = self.0.pty() {
            pty.has_master.set(false);
            self.0.wakes.borrow_mut().push(Key::HungUp(self.0.number));
        }
    }
}

/// All terminals.
#[derive(Debug)]
pub(crate) struct Terminals {
    pub(crate) console: Rc<Terminal>,
    ptys: BTreeMap<u32, Rc<Terminal>>,
    wakes: Wakes,
}

impl Terminals {
    pub(crate) fn new(wakes: &Wakes) -> Self {
        let console = Terminal::new(CONSOLE, Device::Console, wakes);
        Self { console, ptys: BTreeMap::new(), wakes: Rc::clone(wakes) }
    }

    /// Nobody will type at the console any more.
    pub(crate) fn close_console(&self) {
        self.console.discipline.borrow_mut().close();
        self.console.changed();
    }

    /// The terminal with a number.
    pub(crate) fn get(&self, number: u32) -> Option<&Rc<Terminal>> {
        match number {
            CONSOLE => Some(&self.console),
            number => self.ptys.get(&number),
        }
    }

    /// The terminal of a session.
    pub(crate) fn of_session(&self, session: u32) -> Option<&Rc<Terminal>> {
        let mut all = core::iter::once(&self.console).chain(self.ptys.values());
        all.find(|terminal| terminal.session.get() == session).filter(|_| session != 0)
    }

    /// A new pseudo terminal, with the lowest number that is free.
    fn create_pty(&mut self) -> Option<Rc<Terminal>> {
        let number = (1..=PTYS).find(|number| !self.ptys.contains_key(number))?;
        let pty = Pty {
            output: RefCell::default(),
            has_master: Cell::new(true),
            was_opened: Cell::new(false),
            is_locked: Cell::new(true),
        };
        let terminal = Terminal::new(number, Device::Program(pty), &self.wakes);
        terminal.size.set([0; 4]);
        self.ptys.insert(number, Rc::clone(&terminal));
        Some(terminal)
    }
}
