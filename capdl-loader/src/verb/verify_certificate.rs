//! `verify-certificate`: what a question or an assertion proved, checked again.

use std::path::PathBuf;

use clap::Args;

use super::output::{self, message};
use super::{InputArgs, Outcome, common};
use crate::authority::System;
use crate::question::record;

/// What the verb takes.
#[derive(Args, Clone, Debug)]
pub struct VerifyCertificateArgs {
    /// The layout.
    #[command(flatten)]
    pub input: InputArgs,
    /// What `query --certificate` or `check --certificates` wrote.
    pub certificate: PathBuf,
}

/// Checks; refused if one of the certificates proves nothing of this layout.
#[must_use]
pub fn run(args: &VerifyCertificateArgs) -> Outcome {
    let loaded = match common::read(&args.input) {
        Ok(loaded) => loaded,
        Err(outcome) => return outcome,
    };
    let file = args.certificate.display();
    let text = match std::fs::read_to_string(&args.certificate) {
        Ok(text) => text,
        Err(error) => {
            message(&format!("error: {file}: {error}\n"));
            return Outcome::Failed;
        }
    };
    let system = System::new(&loaded.model);
    let records = match record::read(&text, &system) {
        Ok(records) => records,
        Err(mistake) => {
            message(&format!("error: {file}:{}:1: {}\n", mistake.line, mistake.message));
            return Outcome::Refused;
        }
    };
    let (mut said, mut is_good) = (String::new(), true);
    if let Err(reason) = records.expect_asked(&system) {
        (said, is_good) = (format!("NOT proven: {reason}\n"), false);
    }
    for record in &records.all {
        let meaning = record.meaning(&system);
        let verdict = match record.certificate.check(&system) {
            Ok(()) => "proven",
            Err(_) => {
                is_good = false;
                "NOT proven"
            }
        };
        said += &format!("{verdict}: {}\n  {meaning}\n", record.claim);
    }
    let outcome = output::answer(&said);
    if is_good { outcome } else { Outcome::Refused }
}
