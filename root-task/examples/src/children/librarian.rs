//! A server of files, which are in its own memory. The pager takes its pages from there.
#![no_std]
#![no_main]

use libsys::pager::{self, FETCH_PAGES, Failure, File, FileError, Purpose, files};
use libsys::process::slots;
use libsys::server::{Buffer, Handler, Outgoing, Reception, Request, Text, serve};
use libsys::window::Window;
use libsys::{Badge, console};
use pager_examples::library::{BROKEN, CALLS, GATE, NUMBERS, PAGES, REPLY, SLOW};

const PAGE: u64 = 4096;
/// The files, by number.
const FILES: [&str; 3] = [NUMBERS, SLOW, BROKEN];

/// All files have the same content.
struct Librarian {
    content: Window,
    is_open: bool,
}

impl files::Server for Librarian {
    fn open(&mut self, _: Badge, name: Text<32>) -> Result<File, FileError> {
        let number = FILES.iter().position(|file| **file == *name).ok_or(FileError::Unknown)?;
        Ok(File { number: number as u64, bytes: PAGES * PAGE })
    }

    fn read(&mut self, _: Badge, file: u64, first: u64, count: u64) -> Result<u64, FileError> {
        if count > FETCH_PAGES || first.checked_add(count).is_none_or(|end| end > PAGES) {
            return Err(FileError::Range);
        }
        match FILES.get(file as usize) {
            Some(&BROKEN) => Err(FileError::Device),
            Some(&SLOW) if !self.is_open => {
                // Everybody who wants this file waits too, and nobody else.
                GATE.wait();
                self.is_open = true;
                Ok(self.content.address() + first * PAGE)
            }
            Some(_) => Ok(self.content.address() + first * PAGE),
            None => Err(FileError::Unknown),
        }
    }
}

impl Handler for Librarian {
    fn called<B: Buffer>(&mut self, request: &Request, buffer: &mut B) -> Outgoing {
        files::Server::perform(self, request, buffer)
    }
}

#[libsys::main]
fn main() -> Result<(), Failure> {
    console::connect(slots::CONSOLE);
    let content = pager::allocate(PAGES * PAGE, Purpose::Data)?;
    for offset in (0..PAGES * PAGE).step_by(8) {
        content.write_word(offset, offset / 8);
    }
    serve(&Reception::new(CALLS), REPLY, &mut Librarian { content, is_open: false })
}
