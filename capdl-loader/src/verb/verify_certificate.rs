//! `verify-certificate`: what a question or an assertion proved, checked again.

use std::path::{Path, PathBuf};

use clap::Args;
use layout::Model;
use packed::Image;

use super::output::{self, message};
use super::{InputArgs, Outcome, common, image};
use crate::authority::System;
use crate::question::record;

/// What the verb takes.
#[derive(Args, Clone, Debug)]
pub struct VerifyCertificateArgs {
    /// The layout.
    #[command(flatten)]
    pub input: InputArgs,
    /// What `query --certificate` or `check --certificates` wrote; or an image, or a root task with
    /// one, that `build --certificates` made.
    pub certificate: PathBuf,
}

/// Checks; refused if one of the certificates proves nothing of this layout.
#[must_use]
pub fn run(args: &VerifyCertificateArgs) -> Outcome {
    let loaded = match common::read(&args.input) {
        Ok(loaded) => loaded,
        Err(outcome) => return outcome,
    };
    let texts = match texts_in(&args.certificate) {
        Ok(texts) => texts,
        Err(why) => {
            message(&why);
            return Outcome::Failed;
        }
    };
    let system = System::new(&loaded.model);
    let mut outcome = Outcome::Done;
    for (place, text) in &texts {
        let verdict = match verdict(text, &system) {
            Ok((said, true)) => output::answer(&said),
            Ok((said, false)) => {
                output::answer(&said);
                Outcome::Refused
            }
            Err(mistake) => {
                message(&format!("error: {place}:{}:1: {}\n", mistake.line, mistake.message));
                Outcome::Refused
            }
        };
        outcome = if outcome == Outcome::Done { verdict } else { outcome };
    }
    if outcome == Outcome::Refused {
        message(&missing(&loaded.model));
    }
    outcome
}

/// What each certificate says, and whether all of it is proven.
fn verdict(text: &str, system: &System<'_>) -> Result<(String, bool), record::Mistake> {
    let records = record::read(text, system)?;
    let (mut said, mut is_good) = (String::new(), true);
    if let Err(reason) = records.expect_asked(system) {
        (said, is_good) = (format!("NOT proven: {reason}\n"), false);
    }
    for record in &records.all {
        let meaning = record.meaning(system);
        let verdict = match record.certificate.check(system) {
            Ok(()) => "proven",
            Err(_) => {
                is_good = false;
                "NOT proven"
            }
        };
        said += &format!("{verdict}: {}\n  {meaning}\n", record.claim);
    }
    Ok((said, is_good))
}

/// The texts of certificates in a file, each with where it is: the file itself, or in its image.
fn texts_in(path: &Path) -> Result<Vec<(String, String)>, String> {
    let file = path.display();
    let Some(bytes) = image::bytes_in(path)? else {
        let text = std::fs::read_to_string(path);
        return Ok(vec![(
            file.to_string(),
            text.map_err(|error| format!("error: {file}: {error}\n"))?,
        )]);
    };
    let image = Image::new(&bytes).map_err(|why| format!("error: {file}: damaged: {why}\n"))?;
    let proofs = (1..).zip(image.debug.proofs());
    let texts = proofs.map(|(number, text)| (format!("{file} (proof {number})"), text.to_owned()));
    let texts: Vec<_> = texts.collect();
    match texts.is_empty() {
        true => Err(format!(
            "error: {file}: no proofs are in it: `capdl build --certificates` puts them there\n"
        )),
        false => Ok(texts),
    }
}

/// Which files of the layout were not there: what memory a program has, only it tells.
fn missing(model: &Model) -> String {
    let files = model.contents.iter().filter(|content| content.bytes.is_none());
    let files: Vec<String> = files.map(|content| format!("`{}`", content.name)).collect();
    match files.is_empty() {
        true => String::new(),
        false => format!(
            "note: {} cannot be read, and a proof speaks of the memory of programs\n\
             help: build them, and name their folder with --search\n",
            files.join(", ")
        ),
    }
}
