//! `dump` and `verify`: what an image says, and whether it is whole and from whom it should be.

use std::path::{Path, PathBuf};

use clap::Args;
use packed::Image;
use program::modules;
use signing::PublicKey;

use super::Outcome;
use super::build::SYSTEM;
use super::output::{answer, message};
use crate::dump;

/// What `dump` takes.
#[derive(Args, Clone, Debug)]
pub struct DumpArgs {
    /// An image, or a root task with one.
    pub file: PathBuf,
}

/// What `verify` takes.
#[derive(Args, Clone, Debug)]
pub struct VerifyArgs {
    /// An image, or a root task with one.
    pub file: PathBuf,
    /// The public key of whoever has to have signed it.
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
}

/// The bytes of the image in a file; `None`: it is neither an image nor a program.
///
/// # Errors
/// It cannot be read, or it is a program without a system.
pub(super) fn bytes_in(path: &Path) -> Result<Option<Vec<u8>>, String> {
    let about = |why: &dyn std::fmt::Display| format!("error: {}: {why}\n", path.display());
    let bytes = std::fs::read(path).map_err(|error| about(&error))?;
    if bytes.starts_with(&packed::image::MAGIC) {
        return Ok(Some(bytes));
    }
    if !bytes.starts_with(b"\x7fELF") {
        return Ok(None);
    }
    let modules = modules::all(&bytes).map_err(|why| about(&why))?;
    let system = modules.into_iter().find(|module| module.name == SYSTEM);
    system.map(|module| Some(module.content)).ok_or_else(|| about(&"there is no system in it"))
}

/// Prints all facts.
#[must_use]
pub fn run_dump(args: &DumpArgs) -> Outcome {
    let text = |image: &Image<'_>| {
        Ok(dump::facts(image).into_iter().map(|fact| fact + "\n").collect::<String>())
    };
    with_image(&args.file, text)
}

/// Checks hashes, rows, and the signature if there is a key.
#[must_use]
pub fn run_verify(args: &VerifyArgs) -> Outcome {
    with_image(&args.file, |image| {
        let hash: String = image.root_hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let strict = if image.header.is_strict { ", for exactly one memory" } else { "" };
        let signature = signature(image, args.key.as_deref())?;
        let proofs = match image.debug.proofs().count() {
            0 => String::new(),
            count => format!("{count} proofs, for `capdl verify-certificate LAYOUT` and this\n"),
        };
        let objects = image.header.objects;
        Ok(format!("{objects} objects{strict}, {signature}\nhash {hash}\n{proofs}"))
    })
}

fn signature(image: &Image<'_>, key: Option<&Path>) -> Result<&'static str, String> {
    let Some(path) = key else {
        return Ok(if image.signature.is_some() { "signed by somebody" } else { "not signed" });
    };
    let about = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    let file = std::fs::read(path).map_err(|error| about(&error))?;
    let key = PublicKey::from_file(&file);
    let key = key.ok_or_else(|| about(&"this is no public key of `capdl key`"))?;
    match image.signature {
        Some(signature) if key.has_signed(&image.root_hash, signature) => {
            Ok("signed by the owner of the key")
        }
        Some(_) => Err("it is signed by somebody else".into()),
        None => Err("it is not signed".into()),
    }
}

/// Says something of a good image.
fn with_image(path: &Path, say: impl FnOnce(&Image<'_>) -> Result<String, String>) -> Outcome {
    let about = |why: &dyn std::fmt::Display| format!("error: {}: {why}\n", path.display());
    let bytes = match bytes_in(path) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => {
            message(&about(&"neither an image nor a root task with one"));
            return Outcome::Failed;
        }
        Err(why) => {
            message(&why);
            return Outcome::Failed;
        }
    };
    let image = Image::new(&bytes).map_err(|damage| format!("damaged: {damage}"));
    match image.and_then(|image| say(&image)) {
        Ok(text) => answer(&text),
        Err(why) => {
            message(&about(&why));
            Outcome::Refused
        }
    }
}
