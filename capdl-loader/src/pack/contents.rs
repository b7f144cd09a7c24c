//! The bytes of frames: pages of zeros are left out, equal pages are there once.

use std::collections::HashMap;

use layout::Model;
use layout::memory::{BootPart, Content, Fill, Frame, FrameSize, Position, Source};
use layout::object::Kind;
use packed::record::{self, Source as From};
use packed::{Cell, System};

use super::mapping::{Mappings, Views};
use super::numbering::Numbering;
use super::refusal;
use crate::Diagnostic;

/// Pieces of contents that can be equal.
const PAGE: u64 = 4096;

/// Puts the rows into the system, answers the contents.
pub(super) fn write(
    model: &Model,
    numbering: &Numbering,
    mappings: &Mappings,
    system: &mut System,
) -> Result<Vec<u8>, Vec<Diagnostic>> {
    let (views, none) = (mappings.views(), Views::default());
    let (bytes, known, wrong) = (Vec::new(), HashMap::new(), Vec::new());
    let mut contents = Contents { model, numbering, bytes, known, wrong };
    for (cell, id) in (0..).map(Cell).zip(&numbering.order) {
        let Some(id) = *id else { continue };
        let Kind::Frame(frame) = &model[id].kind else { continue };
        let view = views.get(&id).unwrap_or(&none);
        let blank = record::Fill {
            frame: cell,
            bits: frame.size.bits() as u8,
            at: 0,
            length: 0,
            source: From::Zeros,
            offset: 0,
            is_code: view.is_code,
            is_uncached: view.is_uncached,
        };
        let before = system.fills.len();
        contents.frame(frame, blank, &mut system.fills);
        let is_filled = system.fills.len() > before;
        let is_cleaned = view.is_uncached && !matches!(frame.position, Position::At(_));
        if frame.size == FrameSize::Huge && (is_filled || is_cleaned) {
            let message = "the loader fills no frame of 1 GiB, and cleans none from caches";
            contents.wrong.push(refusal(model[id].span, message));
            continue;
        }
        // What the kernel cleared is in its caches, which those who see memory past them miss.
        if is_cleaned && !is_filled {
            system.fills.push(blank);
        }
    }
    if contents.wrong.is_empty() { Ok(contents.bytes) } else { Err(contents.wrong) }
}

struct Contents<'a> {
    model: &'a Model,
    numbering: &'a Numbering,
    bytes: Vec<u8>,
    /// Where pieces are.
    known: HashMap<&'a [u8], u64>,
    wrong: Vec<Diagnostic>,
}

impl<'a> Contents<'a> {
    fn frame(&mut self, frame: &'a Frame, blank: record::Fill, fills: &mut Vec<record::Fill>) {
        for fill in &frame.fills {
            let end = fill.at.checked_add(fill.length);
            let fits = end.is_some_and(|end| end <= frame.size.bytes());
            let (Ok(at), Ok(length), true) =
                (u32::try_from(fill.at), u32::try_from(fill.length), fits)
            else {
                self.wrong.push(refusal(fill.span, "the frame is smaller"));
                continue;
            };
            let row = record::Fill { at, length, ..blank };
            match &fill.source {
                Source::BootInfo { part, offset } => {
                    let source = match part {
                        BootPart::BootInfo => From::BootInfo,
                        BootPart::DeviceTree => From::DeviceTree,
                    };
                    fills.push(record::Fill { source, offset: *offset, ..row });
                }
                Source::Address { frame } => {
                    let offset = self.numbering.cell(*frame).0.into();
                    fills.push(record::Fill { source: From::Address, offset, ..row });
                }
                Source::File { content, offset } => {
                    match source_bytes(&self.model[*content], *offset, fill) {
                        Ok(bytes) => self.pieces(fill, bytes, row, fills),
                        Err(wrong) => self.wrong.push(wrong),
                    }
                }
            }
        }
    }

    /// Rows for the pieces of a fill that are not zero, which end at pages of the frame.
    fn pieces(
        &mut self,
        fill: &Fill,
        mut bytes: &'a [u8],
        row: record::Fill,
        fills: &mut Vec<record::Fill>,
    ) {
        let mut at = fill.at;
        while !bytes.is_empty() {
            let room = (PAGE - at % PAGE) as usize;
            let (piece, rest) = bytes.split_at(room.min(bytes.len()));
            if piece.iter().any(|byte| *byte != 0) {
                let offset = self.offset(piece);
                // Parts of a frame, whose bytes are counted in 32 bits.
                let row = record::Fill {
                    at: at as u32,
                    length: piece.len() as u32,
                    source: From::Content,
                    offset,
                    ..row
                };
                match fills.last_mut() {
                    Some(last) if goes_on(last, &row) => last.length += row.length,
                    _ => fills.push(row),
                }
            }
            at += piece.len() as u64;
            bytes = rest;
        }
    }

    /// Where a piece is among the contents. Pieces begin at multiples of eight bytes.
    fn offset(&mut self, piece: &'a [u8]) -> u64 {
        let bytes = &mut self.bytes;
        *self.known.entry(piece).or_insert_with(|| {
            let offset = bytes.len().next_multiple_of(8);
            bytes.resize(offset, 0);
            bytes.extend(piece);
            offset as u64
        })
    }
}

fn goes_on(last: &record::Fill, next: &record::Fill) -> bool {
    let end = (last.at + last.length, last.offset + u64::from(last.length));
    (last.frame, last.source, end) == (next.frame, next.source, (next.at, next.offset))
}

/// The bytes of a file that fill something.
fn source_bytes<'a>(
    content: &'a Content,
    offset: u64,
    fill: &Fill,
) -> Result<&'a [u8], Diagnostic> {
    let name = &content.name;
    let Some(bytes) = content.bytes.as_deref() else {
        let wrong = refusal(fill.span, format!("`{name}` has no bytes: nobody found the file"));
        return Err(wrong.help("name its folder with --search"));
    };
    part(bytes, offset, fill.length).ok_or_else(|| {
        let message = format!("`{name}` ends before this fill");
        let (length, needed) = (bytes.len(), fill.length);
        let note = format!("it has {length} bytes, the fill takes {needed} from {offset} on");
        refusal(fill.span, message).note(note).help("give the fill fewer bytes, or another file")
    })
}

/// A part of a file.
fn part(bytes: &[u8], offset: u64, length: u64) -> Option<&[u8]> {
    let start = usize::try_from(offset).ok()?;
    bytes.get(start..start.checked_add(usize::try_from(length).ok()?)?)
}
