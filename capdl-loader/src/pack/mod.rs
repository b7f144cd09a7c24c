//! Packing: from a model that passed the checks to the image that the loader builds.
//!
//! | module | what |
//! |---|---|
//! | [`mapping`] | which frame and table is seen where |
//! | [`numbering`] | the cell of each object, in the order of their memory |
//! | [`cells`] | capabilities that the loader needs besides |
//! | [`contents`] | the bytes of frames, each only once |
//! | [`threads`] | threads, time, domains |
//! | [`slots`] | the capabilities of the system, and what the loader keeps |
//! | [`restart`] | how components are started again |
//! | [`names`] | names and lines for messages |
//!
//! A model that did not pass them is refused where it cannot be packed, never by a panic.

mod cells;
mod contents;
mod mapping;
mod names;
pub(crate) mod numbering;
mod restart;
mod slots;
mod threads;

use layout::Model;
use packed::System;
use packed::image::{Header, put};

use crate::code::Code;
use crate::{Diagnostic, Sources};

use cells::Cells;
use mapping::Mappings;
use numbering::Numbering;

/// How to pack.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The memory that the system is planned for, as the boot information will list it.
    pub memory: Vec<abi::bootinfo::UntypedDescriptor>,
    /// Whether the loader must not build it in other memory.
    pub is_strict: bool,
    /// Ticks of the counter in a second, if the board is known.
    pub counter_frequency: Option<u64>,
    /// Whether messages of the loader name objects and lines.
    pub has_names: bool,
    /// Certificates of what the layout claims, to be found in the image.
    pub proofs: Vec<String>,
}

/// An image, and what it consists of.
#[derive(Clone, Debug)]
pub struct Packed {
    /// The image.
    pub bytes: Vec<u8>,
    /// Bytes of contents in it.
    pub contents: usize,
    /// Bytes of names, lines and proofs in it.
    pub names: usize,
    /// Objects that are made.
    pub objects: u32,
}

impl Packed {
    /// Bytes of all that is neither contents nor names.
    #[must_use]
    pub fn structure(&self) -> usize {
        self.bytes.len() - self.contents - self.names
    }
}

/// What an image says of a model, but for contents and names.
struct Arranged {
    mappings: Mappings,
    numbering: Numbering,
    cells: Cells,
    system: System,
}

/// Gives everything its cell.
fn arrange(model: &Model, frequency: Option<u64>) -> Result<Arranged, Diagnostic> {
    let mut mappings = Mappings::of(model);
    let mut numbering = Numbering::of(model, &mappings);
    if let Some(refused) = mappings.refused.take().or(numbering.refused.take()) {
        return Err(refused);
    }
    let mut system = System { objects: numbering.runs.clone(), ..System::default() };
    let mut cells = Cells::behind(&numbering);
    cells.pools(model, &numbering, &mut system);
    mappings.write(model, &numbering, &mut cells, &mut system);
    threads::write(model, &numbering, &mut cells, frequency, &mut system)?;
    restart::write(model, &numbering, &mappings, &mut cells, &mut system)?;
    cells.finish(model, &numbering, &mut system)?;
    slots::write(model, &numbering, &cells, &mut system)?;
    slots::drop(model, &numbering, &mappings, &cells, &mut system);
    Ok(Arranged { mappings, numbering, cells, system })
}

/// The objects of a model in the order of their memory; what cannot be made is left out.
pub(crate) fn number(model: &Model) -> Numbering {
    Numbering::of(model, &Mappings::of(model))
}

/// How many slots the loader needs for a model: for its objects, for copies, and for what is not
/// made of memory.
///
/// # Errors
/// Why the model cannot be packed.
pub fn slots_needed(model: &Model) -> Result<u32, Diagnostic> {
    // No number of cells depends on the counter.
    let frequency = Some(abi::time::REFERENCE_KHZ * 1000);
    arrange(model, frequency).map(|arranged| arranged.cells.end())
}

/// Packs a model.
///
/// # Errors
/// What cannot be packed.
pub fn pack(
    model: &Model,
    sources: &Sources,
    options: &Options,
) -> Result<Packed, Vec<Diagnostic>> {
    let one = |diagnostic| vec![diagnostic];
    let arranged = arrange(model, options.counter_frequency).map_err(one)?;
    let Arranged { mappings, numbering, cells, mut system } = arranged;
    system.memory = options.memory.iter().map(memory).collect();
    let contents = contents::write(model, &numbering, &mappings, &mut system)?;
    let mut names = match options.has_names {
        true => names::of(model, sources, &numbering, &system),
        false => packed::debug::put::Names::default(),
    };
    names.proofs.clone_from(&options.proofs);
    let header = Header {
        is_strict: options.is_strict,
        objects: numbering.total(),
        cells: cells.end(),
        cores: saturated(model.target.cores),
        domains: saturated(model.target.domains),
    };
    let bytes = put::image(&header, &system, &contents, &names);
    let bytes = bytes.map_err(|reason| one(Diagnostic::error(Code::NOT_PACKED, reason)))?;
    let names = put::names_length(&names);
    Ok(Packed { bytes, contents: contents.len(), names, objects: numbering.total() })
}

/// Memory as the image lists it.
fn memory(piece: &abi::bootinfo::UntypedDescriptor) -> packed::record::Memory {
    packed::record::Memory {
        address: piece.address,
        bits: piece.size_bits,
        is_device: piece.is_device != 0,
    }
}

fn saturated(number: u64) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}

/// That something cannot be packed.
fn refusal(span: layout::Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::NOT_PACKED, message)
        .at(span, "")
        .help("`capdl explain C505` says what the loader can build")
}
