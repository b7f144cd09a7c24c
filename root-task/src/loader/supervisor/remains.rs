//! What is found of a component that stands still: the memory that it saw, and the names of its
//! functions.
//!
//! Nothing of it is trusted. Its memory is read page by page, by the capabilities that the loader
//! has, where the layout put something; names come from the image that it was made of, which it
//! cannot have changed.

use alloc::vec::Vec;

use libsys::modules::Modules;
use libsys::object::{Large, Page, PageSize, Small};
use libsys::symbols::Symbols;
use libsys::window::MemoryKind;
use libsys::{Cap, Error};
use packed::Cell;
use packed::record::{Pages, Source};

use super::super::Loader;

/// Most bytes of modules that are looked into for names.
const MOST_NAMES: usize = 96 << 10;
/// How modules begin, at a page.
const MODULES: &[u8] = b"mods";
const PAGE: u64 = 1 << abi::PAGE_BITS;

impl Loader {
    /// A word as somebody sees it in this address space, if it lies in memory of the layout.
    pub(super) fn word_in(&mut self, space: Cell, address: u64) -> Option<u64> {
        if !address.is_multiple_of(8) {
            return None;
        }
        let offset = |row: &Pages| {
            let offset = address.checked_sub(row.address)?;
            (offset >> row.bits < row.count.into()).then_some(offset)
        };
        let mut rows = self.image.layout.pages.rows();
        let row = rows.find(|row| row.space == space && offset(row).is_some())?;
        let offset = offset(&row)?;
        let frame = row.first.plus(u32::try_from(offset >> row.bits).ok()?);
        let inside = offset & ((1 << row.bits) - 1);
        // Looking at registers of devices could change them.
        if !row.attributes.cacheable {
            return None;
        }
        let read = match u32::from(row.bits) {
            Small::BITS => self.word_of::<Small>(frame, inside),
            Large::BITS => self.word_of::<Large>(frame, inside),
            _ => return None,
        };
        read.ok()
    }

    fn word_of<S: PageSize>(&mut self, frame: Cell, at: u64) -> Result<u64, Error> {
        self.with_copy(frame, |viewer, page: Cap<Page<S>>| {
            let view = viewer.open(page, MemoryKind::Ram)?;
            let word = view.window().read_word(at);
            view.close()?;
            Ok(word)
        })
    }

    /// The modules that the image has for who runs in this address space, among them the names of
    /// its functions. Empty if they are too large, or memory is short.
    pub(super) fn modules_in(&self, space: Cell) -> Vec<u8> {
        let pieces = self.pieces(space).unwrap_or_default();
        let contents = self.image.contents;
        let is_start = |piece: &&Piece| {
            piece.address.is_multiple_of(PAGE) && piece.of(contents).starts_with(MODULES)
        };
        let Some(first) = pieces.iter().find(is_start) else { return Vec::new() };
        let length = Modules::length(first.of(contents)).unwrap_or(0);
        let mut bytes = Vec::new();
        if length > MOST_NAMES || bytes.try_reserve_exact(length).is_err() {
            return bytes;
        }
        // Pages of zeros are left out.
        bytes.resize(length, 0);
        for piece in &pieces {
            let at = piece.address.checked_sub(first.address).and_then(|at| at.try_into().ok());
            let place = at.and_then(|at: usize| bytes.get_mut(at..));
            if let Some(place) = place {
                let part = piece.of(contents);
                let count = part.len().min(place.len());
                place[..count].copy_from_slice(&part[..count]);
            }
        }
        bytes
    }

    /// What the image puts into an address space, or nothing if memory is short.
    fn pieces(&self, space: Cell) -> Option<Vec<Piece>> {
        let layout = &self.image.layout;
        let mut pages = Vec::new();
        for row in layout.pages.rows().filter(|row| row.space == space) {
            pages.try_reserve(1).ok()?;
            pages.push(row);
        }
        let mut pieces = Vec::new();
        for fill in layout.fills.rows().filter(|fill| fill.source == Source::Content) {
            let is_of = |row: &&Pages| {
                let place = fill.frame.0.checked_sub(row.first.0);
                place.is_some_and(|place| place < row.count)
            };
            let Some(row) = pages.iter().find(is_of) else { continue };
            let frame = u64::from(fill.frame.0 - row.first.0) << row.bits;
            pieces.try_reserve(1).ok()?;
            let address = row.address + frame + u64::from(fill.at);
            pieces.push(Piece { address, offset: fill.offset, length: fill.length });
        }
        Some(pieces)
    }
}

/// A part of the image's contents that somebody sees at an address.
#[derive(Clone, Copy)]
struct Piece {
    address: u64,
    offset: u64,
    length: u32,
}

impl Piece {
    fn of<'a>(&self, contents: &'a [u8]) -> &'a [u8] {
        let start = usize::try_from(self.offset).unwrap_or(usize::MAX);
        let rest = contents.get(start..).unwrap_or_default();
        &rest[..rest.len().min(self.length as usize)]
    }
}

/// The names of functions among these modules.
pub(super) fn symbols(modules: &[u8]) -> Symbols<'_> {
    Symbols::new(Modules::new(modules).find("symbols").unwrap_or_default())
}
