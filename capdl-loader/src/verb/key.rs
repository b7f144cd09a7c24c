//! `key`: makes a pair of keys, to sign systems and to check that.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::Args;
use signing::SecretKey;

use super::Outcome;
use super::output::{answer, message};

/// What the verb takes.
#[derive(Args, Clone, Debug)]
pub struct KeyArgs {
    /// The file of the secret key, for `build --sign`; that of the public one, for `build
    /// --trust`, is called `OUTPUT.pub`. Files that exist are left alone.
    #[arg(short, long)]
    pub output: PathBuf,
}

impl KeyArgs {
    /// The file of the public key.
    #[must_use]
    pub fn public(&self) -> PathBuf {
        let mut name = self.output.clone().into_os_string();
        name.push(".pub");
        name.into()
    }
}

/// Makes the pair of the system's randomness.
#[must_use]
pub fn run(args: &KeyArgs) -> Outcome {
    match made(args) {
        Ok(()) => {
            let (secret, public) = (args.output.display(), args.public());
            answer(&format!("{secret}: secret\n{}: public\n", public.display()))
        }
        Err(why) => {
            message(&format!("error: {why}\n"));
            Outcome::Failed
        }
    }
}

fn made(args: &KeyArgs) -> Result<(), String> {
    let mut seed = [0; signing::KEY];
    getrandom::fill(&mut seed).map_err(|error| format!("no randomness: {error}"))?;
    let key = SecretKey::from_seed(seed);
    create(&args.output, 0o600, &key.to_file())?;
    create(&args.public(), 0o644, &key.public().to_file())
}

/// Writes a new file, which those may read whom the mode names.
fn create(path: &Path, mode: u32, bytes: &[u8]) -> Result<(), String> {
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    let written = file.and_then(|mut file| file.write_all(bytes));
    written.map_err(|error| format!("{}: {error}", path.display()))
}
