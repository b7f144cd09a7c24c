//! The facts of an image, a line for each.

use std::collections::BTreeSet;

use abi::{Rights, VmAttributes};
use packed::objects::Position;
use packed::record::{Fill, Source, Thread};
use packed::{Cell, Image};
use sha2::{Digest, Sha256};

use super::names::Names;

/// All facts, sorted; but for the memory that a strict system wants, which is the board's.
#[must_use]
pub fn facts(image: &Image<'_>) -> BTreeSet<String> {
    let names = Names::of(image);
    let mut facts = BTreeSet::new();
    machine(image, &mut facts);
    objects(image, &names, &mut facts);
    memory(image, &names, &mut facts);
    threads(image, &names, &mut facts);
    slots(image, &names, &mut facts);
    restarts(image, &names, &mut facts);
    facts.extend(image.debug.proofs().map(proven));
    facts
}

/// How a fact about a proof begins.
pub const PROVEN: &str = "proven: ";

/// That there is this proof; whether it is one, only its layout tells.
fn proven(text: &str) -> String {
    let claim = text.lines().nth(1).unwrap_or_default();
    let claim = claim.split_once(' ').map_or(claim, |(_, words)| words);
    let (lines, hash) = (text.lines().count(), Sha256::digest(text));
    let hash: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{PROVEN}{claim}: {lines} lines of proof, hash {hash}")
}

fn machine(image: &Image<'_>, facts: &mut BTreeSet<String>) {
    let header = image.header;
    facts.insert(format!("machine: {} cores, {} domains", header.cores, header.domains));
    for row in image.layout.turns.rows() {
        let start = if row.is_start { ", the first" } else { "" };
        let (index, domain, ticks) = (row.index, row.domain, row.ticks);
        facts.insert(format!("machine: turn {index}: domain {domain}, {ticks} ticks{start}"));
    }
}

fn objects(image: &Image<'_>, names: &Names<'_>, facts: &mut BTreeSet<String>) {
    for run in image.layout.objects.iter() {
        for index in 0..run.count {
            let distance = u64::from(index) << run.bits();
            let place = match run.position {
                Position::Anywhere => String::new(),
                Position::At(address) => format!(" at {:#x}", address.saturating_add(distance)),
                Position::InGroup { offset, .. } => {
                    format!(" at {:#x} of its group", offset.saturating_add(distance))
                }
            };
            let inside =
                run.inside.map_or(String::new(), |cell| format!(" in {}", names.cell(cell)));
            let name = names.cell(run.first.plus(index));
            let (object, bits) = (run.object, run.bits());
            facts.insert(format!("{name}: {object:?} of 2^{bits} bytes{place}{inside}"));
        }
    }
    for row in image.layout.interrupts.rows() {
        let told = names.optional(row.notification);
        let (number, trigger, core) = (row.number, row.trigger, row.core);
        facts.insert(format!("interrupt {number}: {trigger:?}, to core {core}, signals {told}"));
    }
    for row in image.layout.times.rows() {
        let name = names.cell(row.context);
        let (budget, period, core, more) = (row.budget, row.period, row.core, row.extra_refills);
        let sporadic = if row.is_sporadic { ", sporadic" } else { "" };
        let data = row.data;
        facts.insert(format!(
            "{name}: {budget} of {period} us on core {core}, {more} more refills, \
             data {data:#x}{sporadic}"
        ));
    }
}

fn memory(image: &Image<'_>, names: &Names<'_>, facts: &mut BTreeSet<String>) {
    for row in image.layout.fills.rows() {
        facts.insert(format!("{}: {}", names.cell(row.frame), fill(image, names, &row)));
    }
    let runs = |first: Cell, count: u32, address: u64, bits: u32| {
        (0..count)
            .map(move |index| (first.plus(index), address.saturating_add(u64::from(index) << bits)))
    };
    for row in image.layout.tables.rows() {
        let space = names.cell(row.space);
        // A table of level 3 spans 2^21 bytes, each level above it 2^9 times as many.
        let bits = 48 - 9 * u32::from(row.level.min(4));
        for (table, address) in runs(row.first, row.count, row.address, bits) {
            let (table, level) = (names.cell(table), row.level);
            facts.insert(format!("{space}: {address:#x} has table {table} of level {level}"));
        }
    }
    for row in image.layout.pages.rows() {
        let space = names.cell(row.space);
        let how = format!("{}{}", rights(row.rights), attributes(row.attributes));
        for (frame, address) in runs(row.first, row.count, row.address, row.bits.into()) {
            facts.insert(format!("{space}: {address:#x} shows {} {how}", names.cell(frame)));
        }
    }
}

/// What is put into a frame; bytes of the image by their hash.
fn fill(image: &Image<'_>, names: &Names<'_>, row: &Fill) -> String {
    let (at, length) = (row.at, row.length);
    let what = match row.source {
        Source::Zeros => "zeros".into(),
        Source::Address => {
            let frame = u32::try_from(row.offset).map_or(Cell(u32::MAX), Cell);
            format!("the physical address of {}", names.cell(frame))
        }
        Source::BootInfo => format!("boot information from {:#x} on", row.offset),
        Source::DeviceTree => format!("device tree from {:#x} on", row.offset),
        Source::Content => {
            let start = usize::try_from(row.offset).unwrap_or(usize::MAX);
            let bytes = image.contents.get(start..start.saturating_add(length as usize));
            let hash = Sha256::digest(bytes.unwrap_or_default());
            let hash: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            format!("bytes with hash {hash}")
        }
    };
    format!("{length:#x} at {at:#x}: {what}")
}

fn threads(image: &Image<'_>, names: &Names<'_>, facts: &mut BTreeSet<String>) {
    for row in image.layout.threads.rows() {
        let name = names.cell(row.thread);
        for fact in thread(&row, names) {
            facts.insert(format!("{name}: {fact}"));
        }
    }
    for row in image.layout.resumes.rows() {
        for index in 0..row.count {
            facts.insert(format!("{}: runs from the start", names.cell(row.first.plus(index))));
        }
    }
}

fn thread(row: &Thread, names: &Names<'_>) -> [String; 5] {
    let (cspace, vspace) = (names.optional(row.cspace), names.optional(row.vspace));
    let buffer = names.optional(row.buffer);
    let (time, told) = (names.optional(row.context), names.optional(row.notification));
    let faults = names.optional(row.fault_handler);
    let timeouts = names.optional(row.timeout_handler);
    let float = if row.is_without_float { ", without floating point" } else { "" };
    [
        format!("CSpace {cspace} with guard {:#x}, address space {vspace}", row.guard),
        format!("buffer {buffer} at {:#x}, time {time}, notification {told}", row.buffer_address),
        format!("faults to {faults}, timeouts to {timeouts}"),
        format!("priority {} of {}, domain {}{float}", row.priority, row.max_priority, row.domain),
        format!(
            "begins at {:#x}, stack {:#x}, thread pointer {:#x}, arguments {:x?}",
            row.entry, row.stack, row.thread_pointer, row.arguments
        ),
    ]
}

fn slots(image: &Image<'_>, names: &Names<'_>, facts: &mut BTreeSet<String>) {
    for row in image.layout.slots.rows() {
        let (node, what) = (names.cell(row.node), names.origin(row.origin));
        let (slot, how, data) = (row.slot, rights(row.rights), row.data);
        facts.insert(format!("{node}: slot {slot} has {what} {how}, data {data:#x}"));
    }
    for row in image.layout.derived.rows() {
        let (node, parent) = (names.cell(row.node), names.cell(row.parent_node));
        let (slot, from, how, data) = (row.slot, row.parent_slot, rights(row.rights), row.data);
        facts.insert(format!(
            "{node}: slot {slot} is made from slot {from} of {parent} {how}, data {data:#x}"
        ));
    }
}

fn restarts(image: &Image<'_>, names: &Names<'_>, facts: &mut BTreeSet<String>) {
    for row in image.layout.recipes.rows() {
        let component = names.component(row.component);
        let (most, within, delay, then) = (row.most, row.within, row.delay, row.then);
        let (fault, timeout, exit) = (row.on_fault, row.on_timeout, row.on_exit);
        facts.insert(format!(
            "{component}: restarts on fault {fault}, timeout {timeout}, exit {exit}: \
             {most} in {within} ms, after {delay} ms, then {then:?}"
        ));
    }
    for row in image.layout.renewed.rows() {
        let component = names.component(row.component);
        for index in 0..row.count {
            let frame = names.cell(row.first.plus(index));
            facts.insert(format!("{component}: a restart renews {frame}"));
        }
    }
    for row in image.layout.told.rows() {
        let component = names.component(row.component);
        let told = names.cell(row.notification);
        facts.insert(format!("{component}: a restart signals {told}"));
    }
    for row in image.layout.supervisor.rows() {
        let (endpoint, reply) = (names.cell(row.endpoint), names.cell(row.reply));
        facts.insert(format!("supervisor: receives at {endpoint} with {reply}"));
        let (priority, budget, period) = (row.priority, row.budget, row.period);
        facts.insert(format!("supervisor: priority {priority}, {budget} of {period} us"));
        let (budget, period) = (row.clock_budget, row.clock_period);
        facts.insert(format!("supervisor: its clock has {budget} of {period} us"));
    }
    for row in image.layout.passive.rows() {
        let (component, thread) = (names.component(row.component), names.cell(row.thread));
        let (budget, period) = (row.budget, row.period);
        facts.insert(format!(
            "{component}: {thread} has {budget} of {period} us until it is initialised"
        ));
    }
}

/// Such as `rw--`: read, write, grant, grant reply.
fn rights(rights: Rights) -> String {
    let letters = [
        (Rights::READ, 'r'),
        (Rights::WRITE, 'w'),
        (Rights::GRANT, 'g'),
        (Rights::GRANT_REPLY, 'p'),
    ];
    let letter = |(right, letter): (Rights, char)| {
        if rights.word() & right.word() == 0 { '-' } else { letter }
    };
    letters.into_iter().map(letter).collect()
}

fn attributes(attributes: VmAttributes) -> &'static str {
    match (attributes.cacheable, attributes.execute_never) {
        (true, true) => "",
        (true, false) => ", executable",
        (false, true) => ", uncached",
        (false, false) => ", uncached, executable",
    }
}
