//! `capdl build`: from a layout to the image that the loader builds, or to a root task with it.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use abi::bootinfo::UntypedDescriptor;
use clap::Args;
use packed::image::put;
use program::modules::{self, Module};
use signing::{PublicKey, SecretKey};

use super::check::{CheckArgs, checked};
use super::common::board_of;
use super::output::{self, answer, message};
use super::{Outcome, certificates, strict};
use crate::front::Loaded;
use crate::pack::{Options, Packed, pack};

/// The module in which the root task finds its system.
pub(super) const SYSTEM: &str = "layout";
/// The module in which it finds the public key of those whose systems it makes.
const KEY: &str = "layout.key";

/// What to build, and how.
#[derive(Args, Clone, Debug)]
pub struct BuildArgs {
    /// The layout, and what it is checked against. A root task is written with the image in it.
    #[command(flatten)]
    pub checked: CheckArgs,
    /// The file to write: the image, or with `--root-task`, a root task that boots.
    #[arg(long, short)]
    pub output: PathBuf,
    /// Leave names and lines out: messages of the loader then have numbers.
    #[arg(long)]
    pub no_names: bool,
    /// Ticks of the board's counter in a second, for turns of domains in microseconds.
    #[arg(long, value_name = "HERTZ")]
    pub counter_frequency: Option<u64>,
    /// Put the proof of each assertion into the image: `verify-certificate LAYOUT IMAGE` checks it.
    #[arg(long)]
    pub certificates: bool,
    /// Sign the image with this secret key.
    #[arg(long, value_name = "FILE")]
    pub sign: Option<PathBuf>,
    /// Let the root task make only systems that are signed by the owner of this public key.
    #[arg(long, value_name = "FILE", requires = "root_task")]
    pub trust: Option<PathBuf>,
    /// Let the root task make the system only in exactly the memory that its board has when this
    /// kernel boots it: with a flat kernel image, whose header says how large it is.
    #[arg(long, value_name = "KERNEL", requires = "root_task")]
    pub strict: Option<PathBuf>,
}

/// Checks, packs, writes; a layout with errors is refused.
#[must_use]
pub fn run(args: &BuildArgs) -> Outcome {
    let loaded = checked(&args.checked);
    message(&loaded.report.render(&loaded.sources));
    if loaded.report.has_errors() {
        return Outcome::Refused;
    }
    match built(args, &loaded) {
        Ok((file, packed)) => write(&args.output, &file, &packed),
        Err(why) => {
            message(&why);
            Outcome::Refused
        }
    }
}

/// The file to write, and the image in it.
fn built(args: &BuildArgs, loaded: &Loaded) -> Result<(Vec<u8>, Packed), String> {
    let both = |memory: &[UntypedDescriptor]| {
        let packed = image(args, loaded, memory)?;
        Ok((file(args, &packed)?, packed))
    };
    let Some(kernel) = &args.strict else { return both(&[]) };
    let board = board_of(&args.checked.input, &loaded.model.target.board);
    let board = board.ok_or("error: a strict system names its board\n")?;
    let board = board.with_kernel(&read(kernel)?).map_err(|why| about(kernel, &why))?;
    strict::settle(loaded, &board, both)
}

/// The image for this memory, signed if that is wanted.
fn image(
    args: &BuildArgs,
    loaded: &Loaded,
    memory: &[UntypedDescriptor],
) -> Result<Packed, String> {
    let proofs = match args.certificates {
        true => certificates::proofs(&loaded.model).map_err(|why| format!("error: {why}\n"))?,
        false => Vec::new(),
    };
    let options = Options {
        memory: memory.to_vec(),
        is_strict: args.strict.is_some(),
        has_names: !args.no_names,
        counter_frequency: args.counter_frequency,
        // A layout with an assertion that does not hold is not built.
        proofs: proofs.into_iter().flatten().collect(),
    };
    let mut packed = pack(&loaded.model, &loaded.sources, &options).map_err(|diagnostics| {
        let text = |diagnostic: &crate::Diagnostic| diagnostic.render(&loaded.sources) + "\n";
        diagnostics.iter().map(text).collect::<String>()
    })?;
    if let Some(path) = &args.sign {
        let key = SecretKey::from_file(&read(path)?);
        let key = key.ok_or_else(|| about(path, &"this is no secret key of `capdl key`"))?;
        put::sign(&mut packed.bytes, |hash| key.sign(hash));
    }
    Ok(packed)
}

/// The file to write: the image, or the root task with it.
fn file(args: &BuildArgs, packed: &Packed) -> Result<Vec<u8>, String> {
    let Some(root_task) = &args.checked.root_task else { return Ok(packed.bytes.clone()) };
    let mut more = vec![Module { name: SYSTEM.into(), content: packed.bytes.clone() }];
    if let Some(path) = &args.trust {
        let content = read(path)?;
        if PublicKey::from_file(&content).is_none() {
            return Err(about(path, &"this is no public key of `capdl key`"));
        }
        more.push(Module { name: KEY.into(), content });
    }
    modules::add(&read(root_task)?, more).map_err(|why| about(root_task, &why))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| about(path, &error))
}

/// What is wrong with a file.
fn about(path: &Path, why: &dyn Display) -> String {
    format!("error: {}: {why}\n", path.display())
}

fn write(path: &Path, file: &[u8], packed: &Packed) -> Outcome {
    let written = output::write_bytes(path, file);
    if written != Outcome::Done {
        return written;
    }
    answer(&format!(
        "{}: {} bytes, {} of them the image\n  {} for {} objects\n  {} of contents, {} of names\n",
        path.display(),
        file.len(),
        packed.bytes.len(),
        packed.structure(),
        packed.objects,
        packed.contents,
        packed.names,
    ))
}
