//! `diff`: what differs between two systems, which are layouts, images, or one of each.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use packed::Image;

use super::output::{answer, message};
use super::{InputArgs, Outcome, certificates, common, image};
use crate::authority::System;
use crate::difference::{Difference, show};
use crate::dump;
use crate::front::{Input, load};
use crate::json::Json;
use crate::pack::{Options, pack};

/// What the verb takes.
#[derive(Args, Clone, Debug)]
pub struct DiffArgs {
    /// The first layout, and what both need; or an image, or a root task with one.
    #[command(flatten)]
    pub input: InputArgs,
    /// The second one.
    pub other: PathBuf,
    /// The program that is to build both systems: its size decides about memory. Without it a guess
    /// does.
    #[arg(long, value_name = "FILE")]
    pub root_task: Option<PathBuf>,
    /// Only authority that was gained is a reason to fail: for reviews of layouts. Priorities,
    /// times and places of memory are none.
    #[arg(long)]
    pub gate: bool,
    /// Answer in JSON.
    #[arg(long)]
    pub json: bool,
}

/// Compares; refused if there is a difference, or with `--gate`, if authority was gained. Two
/// layouts are compared as people see them; an image is compared fact by fact.
#[must_use]
pub fn run(args: &DiffArgs) -> Outcome {
    let files = [&args.input.file, &args.other];
    let sides = match files.map(|file| facts_in(file)) {
        [Ok(None), Ok(None)] => return layouts(args),
        [Err(why), _] | [_, Err(why)] => {
            message(&why);
            return Outcome::Failed;
        }
        [Ok(before), Ok(after)] => [before, after],
    };
    if args.gate {
        message("error: `--gate` asks for authority, which is compared between layouts\n");
        return Outcome::Failed;
    }
    let [before, after] = sides;
    let is_proof = |fact: &String| fact.starts_with(dump::PROVEN);
    let has_proofs = [&before, &after].into_iter().flatten().any(|side| side.iter().any(is_proof));
    let facts =
        |side: Option<Facts>, file| side.map_or_else(|| facts_of(args, file, has_proofs), Ok);
    match (facts(before, files[0]), facts(after, files[1])) {
        (Ok(before), Ok(after)) => compare(&before, &after, args.json),
        (Err(why), _) | (_, Err(why)) => {
            message(&why);
            Outcome::Refused
        }
    }
}

/// Compares as people see it.
fn layouts(args: &DiffArgs) -> Outcome {
    let other = InputArgs { file: args.other.clone(), ..args.input.clone() };
    let (before, after) = match (common::read(&args.input), common::read(&other)) {
        (Ok(before), Ok(after)) => (before, after),
        (Err(outcome), _) | (_, Err(outcome)) => return outcome,
    };
    let systems = (System::new(&before.model), System::new(&after.model));
    let root_task = args.root_task.as_deref();
    let places = (
        common::places(&args.input, &before.model, root_task),
        common::places(&other, &after.model, root_task),
    );
    let places = match places {
        (Ok(before), Ok(after)) => (before, after),
        (Err(outcome), _) | (_, Err(outcome)) => return outcome,
    };
    let difference =
        Difference::between((&systems.0, &places.0.addresses), (&systems.1, &places.1.addresses));
    let said = match args.json {
        true => answer(&format!("{}\n", show::json(&difference))),
        false => answer(&show::text(&difference)),
    };
    let fails = if args.gate { !difference.gained.is_empty() } else { !difference.is_empty() };
    if fails { Outcome::Refused } else { said }
}

/// The facts of an image.
type Facts = BTreeSet<String>;

/// Those of the image in a file; none: it is a layout.
fn facts_in(file: &Path) -> Result<Option<Facts>, String> {
    let Some(bytes) = image::bytes_in(file)? else { return Ok(None) };
    let about = |damage| format!("error: {}: damaged: {damage}\n", file.display());
    Image::new(&bytes).map(|image| Some(dump::facts(&image))).map_err(about)
}

/// Those of the image that a layout would be packed to, with proofs if the other has some.
fn facts_of(args: &DiffArgs, file: &Path, has_proofs: bool) -> Result<Facts, String> {
    let input = InputArgs { file: file.to_path_buf(), ..args.input.clone() };
    let loaded = load(&Input::from(input));
    if loaded.report.has_errors() {
        return Err(loaded.report.render(&loaded.sources));
    }
    let proofs = match has_proofs {
        true => certificates::proofs(&loaded.model).map_err(|why| format!("error: {why}\n"))?,
        false => Vec::new(),
    };
    let proofs = proofs.into_iter().flatten().collect();
    let options = Options { has_names: true, proofs, ..Options::default() };
    let packed = pack(&loaded.model, &loaded.sources, &options).map_err(|diagnostics| {
        let text = |wrong: &crate::Diagnostic| wrong.render(&loaded.sources) + "\n";
        diagnostics.iter().map(text).collect::<String>()
    })?;
    let image = Image::new(&packed.bytes).map_err(|damage| format!("error: {damage}\n"))?;
    Ok(dump::facts(&image))
}

fn compare(before: &Facts, after: &Facts, json: bool) -> Outcome {
    let lost: Vec<&str> = before.difference(after).map(String::as_str).collect();
    let gained: Vec<&str> = after.difference(before).map(String::as_str).collect();
    let is_same = lost.is_empty() && gained.is_empty();
    let text = match (json, is_same) {
        (true, _) => {
            let both = [("lost", Json::list(lost)), ("gained", Json::list(gained))];
            format!("{}\n", Json::object(both))
        }
        (false, true) => "no difference\n".into(),
        (false, false) => {
            let lost = lost.iter().map(|fact| format!("- {fact}\n"));
            lost.chain(gained.iter().map(|fact| format!("+ {fact}\n"))).collect()
        }
    };
    let said = answer(&text);
    if is_same { said } else { Outcome::Refused }
}
