//! `query`: a question about authority or data flow.

use std::path::PathBuf;

use clap::Args;

use super::output::{self, message};
use super::{InputArgs, Outcome, common};
use crate::authority::System;
use crate::question::{answer, parse, record, show};

/// What the verb takes.
#[derive(Args, Clone, Debug)]
pub struct QueryArgs {
    /// The layout.
    #[command(flatten)]
    pub input: InputArgs,
    /// Such as 'who can write net_dma', 'who can read X', 'who can call X', 'who can signal X',
    /// 'who holds irq_control', 'path A to B', 'what if C is compromised'; each may be followed
    /// by 'trusting D, E' and 'trusting_dma F, G'.
    pub question: String,
    /// Write what was proven to a file, for `verify-certificate`.
    #[arg(long, value_name = "FILE")]
    pub certificate: Option<PathBuf>,
    /// Answer in JSON.
    #[arg(long)]
    pub json: bool,
}

/// Answers; refused if the answer is no, or nobody.
#[must_use]
pub fn run(args: &QueryArgs) -> Outcome {
    let loaded = match common::read(&args.input) {
        Ok(loaded) => loaded,
        Err(outcome) => return outcome,
    };
    let system = System::new(&loaded.model);
    let asked = match parse(&args.question, &system) {
        Ok(asked) => asked,
        Err(mistake) => {
            message(&mistake.render(&args.question));
            return Outcome::Failed;
        }
    };
    let answer = match answer(&system, &asked) {
        Ok(answer) => answer,
        Err(refusal) => {
            message(&format!("error: a proof was refused ({refusal:?}): a defect of this tool\n"));
            return Outcome::Failed;
        }
    };
    let text = match args.json {
        true => format!("{}\n", show::json(&args.question, &answer, &system, &loaded.sources)),
        false => show::text(&answer, &system, &loaded.sources),
    };
    if let Some(file) = &args.certificate {
        let origin = record::Origin::Question(args.question.clone());
        let written = record::write(&origin, &answer.proofs, &system);
        let written = written.and_then(|text| {
            std::fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))
        });
        if let Err(reason) = written {
            message(&format!("error: no certificate: {reason}\n"));
            return Outcome::Failed;
        }
    }
    let said = output::answer(&text);
    if answer.findings.is_empty() { Outcome::Refused } else { said }
}
