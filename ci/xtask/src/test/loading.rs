//! Boots the loader where a system of the gallery would not take it: with more address spaces than
//! one pool has names for, and with images that are damaged, of which nothing may be made.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use program::modules::{self, Module};

use super::Step;
use super::context::Context;
use super::examples::judge;
use super::outcome::Outcome;
use crate::artefacts::{self, Image, Program};
use crate::console::{self, Audience, Ended, Limits, Until};
use crate::layouts;
use crate::process::{self, Fallible};
use crate::qemu::{Boot, Machine};

/// A hang is cut after this.
const TIME_LIMIT: Duration = Duration::from_secs(120);
/// Objects of a generated system; fifty of them make a component with an address space.
const OBJECTS: usize = 26_000;
/// What is said once the 520 spaces are made, verified and running.
const MANY: &str = "layout: 26001 objects, hash *\nroot-task: ready";
/// `b .`, the program of all components of generated systems (Arm ARM C6.2, B).
const PROGRAM: [u8; 4] = 0x1400_0000_u32.to_le_bytes();
/// Bytes of the program's file.
const PROGRAM_BYTES: usize = 4096;
/// Slots for all objects of the larger system.
const OPTIONS: &str = "tessera.root_cnode_bits=16";
/// Where an image has the version of its format.
const VERSION: usize = 4;
/// Bytes of an image's header, and where it speaks of its parts: a length of four bytes and a hash
/// each (`capdl-loader/image`).
const HEADER: usize = 132;
const PARTS: [(usize, &str); 3] = [(24, "system"), (60, "contents"), (96, "debug")];

pub(super) fn steps() -> Vec<Step> {
    let step = |name: &str, run: fn(&Context) -> Fallible<Outcome>| {
        Step::emulator(name, move |context: &Context| {
            run(context).unwrap_or_else(|problem| Outcome::failed("could not run", &problem))
        })
    };
    vec![step("loader many spaces", many_spaces), step("loader damaged images", damaged_images)]
}

fn many_spaces(context: &Context) -> Fallible<Outcome> {
    let folder = context.workspace.output_folder("loading")?;
    let (layout, file) = (folder.join("many.cdl"), folder.join("many.elf"));
    artefacts::write(&folder.join("program.bin"), &PROGRAM.repeat(PROGRAM_BYTES / 4))?;
    let objects = OBJECTS.to_string();
    let mut generate = Command::new(context.layout_tool()?);
    process::answer(generate.args(["generate", "--objects", &objects, "-o"]).arg(&layout))?;
    let mut build = layouts::command(context.workspace, "build", &layout)?;
    build.arg("--search").arg(&folder).arg("--root-task");
    build.arg(context.program(Program::RootTask)?).arg("--output").arg(&file);
    process::answer(&mut build)?;
    Ok(judge(&boot(context, &file, MANY)?, MANY))
}

/// A bit of the header and one of each part: each is found before anything is made.
fn damaged_images(context: &Context) -> Fallible<Outcome> {
    let image = image(context)?;
    let mut cases = vec![(VERSION, "header 0: not of this format and version".to_owned())];
    let mut at = HEADER;
    for (length_at, part) in PARTS {
        let length = image.get(length_at..length_at + 4).and_then(|bytes| bytes.first_chunk());
        let length = u32::from_le_bytes(*length.ok_or("an image without a header")?) as usize;
        at = at.next_multiple_of(8);
        if length > 0 {
            cases.push((at + length / 2, format!("{part} 0: another hash")));
        }
        at += length;
    }
    for (byte, damage) in &cases {
        let says = format!("root-task: stopped: the image is damaged: {damage}");
        let file = damaged(context, &image, *byte)?;
        let outcome = judge(&boot(context, &file, &says)?, &says);
        if outcome.failed > 0 {
            return Ok(outcome);
        }
    }
    Ok(Outcome::passed(format!("{} images are refused", cases.len())))
}

/// The image of a small system.
fn image(context: &Context) -> Fallible<Vec<u8>> {
    context.layout_tool()?;
    let system = layouts::SYSTEMS.iter().find(|system| system.name == "hello");
    let system = system.ok_or("there is no such system")?;
    for component in system.components {
        context.program(Program::Component(component))?;
    }
    let file = context.workspace.output_folder("loading")?.join("hello.layout");
    let layout = system.layout(context.workspace);
    let mut build = layouts::command(context.workspace, "build", &layout)?;
    process::answer(build.arg("--output").arg(&file))?;
    artefacts::read(&file)
}

/// A root task with this image, one bit of which is another.
fn damaged(context: &Context, image: &[u8], byte: usize) -> Fallible<PathBuf> {
    let mut content = image.to_vec();
    *content.get_mut(byte).ok_or("a short image")? ^= 1;
    let loader = artefacts::read(&context.program(Program::RootTask)?)?;
    let module = Module { name: layouts::MODULE.into(), content };
    let file = context.workspace.output_folder("loading")?.join("damaged.elf");
    artefacts::write(&file, &modules::add(&loader, vec![module])?)?;
    Ok(file)
}

/// Boots a root task until the last expected line.
fn boot(context: &Context, file: &Path, expected: &str) -> Fallible<Ended> {
    let kernel = context.kernel(Image::Debug)?;
    let boot = Boot { kernel: &kernel.image, root_task: Some(file), device_tree: None };
    let last = expected.lines().last().unwrap_or_default();
    let limits = Limits { time: Some(TIME_LIMIT), until: Until::Text(last.into()) };
    let machine = Machine { counted: true, append: vec![OPTIONS.into()], ..Machine::default() };
    console::watch(&mut machine.boot(boot), &limits, Audience::Nobody)
}
