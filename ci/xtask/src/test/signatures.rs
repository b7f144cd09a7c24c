//! Boots a system of the gallery, signed and not, by root tasks with a key and without: what is
//! not signed by the owner of the key is refused.

use std::path::{Path, PathBuf};
use std::process::Command;

use program::modules::{self, Module};

use super::Step;
use super::context::Context;
use super::examples::judge;
use super::outcome::Outcome;
use super::systems;
use crate::artefacts::{self, Program};
use crate::console::Audience;
use crate::layouts::{self, SYSTEMS, System};
use crate::process::{self, Fallible};

/// The system that is signed.
const SYSTEM: &str = "hello";

/// A root task and what it must say.
struct Case {
    name: &'static str,
    /// Whose key signs the image.
    signed_by: Option<&'static str>,
    /// Whose systems the root task makes.
    trusts: Option<&'static str>,
    says: &'static str,
}

const CASES: [Case; 4] = [
    Case {
        name: "trusted",
        signed_by: Some("mine"),
        trusts: Some("mine"),
        says: "layout: signed by the key of this root task\nroot-task: ready",
    },
    Case { name: "foreign", signed_by: Some("other"), trusts: Some("mine"), says: FOREIGN },
    Case {
        name: "unsigned",
        signed_by: None,
        trusts: Some("mine"),
        says: "root-task: stopped: the image is not signed, and this root task has a key",
    },
    Case {
        name: "unchecked",
        signed_by: Some("mine"),
        trusts: None,
        says: "layout: the signature was not checked: there is no key\nroot-task: ready",
    },
];

/// What is said of a signature that is not of the key.
const FOREIGN: &str =
    "root-task: stopped: the signature of the image is not of the key of this root task";

/// All boots in one step, since they need the same keys.
pub(super) fn steps() -> Vec<Step> {
    vec![Step::emulator("signatures", |context: &Context| {
        run(context).unwrap_or_else(|problem| Outcome::failed("could not run", &problem))
    })]
}

fn run(context: &Context) -> Fallible<Outcome> {
    let system = SYSTEMS.iter().find(|system| system.name == SYSTEM);
    let workbench = Workbench::new(context, system.ok_or("there is no such system")?)?;
    let mut cases = vec![(workbench.damaged()?, FOREIGN)];
    for case in &CASES {
        cases.push((workbench.root_task(case)?, case.says));
    }
    for (file, says) in &cases {
        let outcome = judge(&systems::watch(context, file, &[], says, Audience::Nobody)?, says);
        if outcome.failed > 0 {
            return Ok(outcome);
        }
    }
    Ok(Outcome::passed(format!("{} root tasks", cases.len())))
}

/// What cases are made of.
struct Workbench<'a> {
    context: &'a Context<'a>,
    system: &'a System,
    loader: PathBuf,
    folder: PathBuf,
}

impl<'a> Workbench<'a> {
    /// With the programs, and two pairs of keys, which are new each time.
    fn new(context: &'a Context<'a>, system: &'a System) -> Fallible<Self> {
        let tool = context.layout_tool()?;
        for component in system.components {
            context.program(Program::Component(component))?;
        }
        let folder = context.workspace.output_folder("signatures")?;
        for name in ["mine", "other"] {
            let secret = folder.join(name);
            for file in [&secret, &public(&secret)] {
                // Absent is as good as removed; the tool never overwrites a key.
                let _ = std::fs::remove_file(file);
            }
            process::answer(Command::new(&tool).arg("key").arg("-o").arg(secret))?;
        }
        Ok(Self { context, system, loader: context.program(Program::RootTask)?, folder })
    }

    fn build(&self) -> Fallible<Command> {
        let layout = self.system.layout(self.context.workspace);
        layouts::command(self.context.workspace, "build", &layout)
    }

    fn root_task(&self, case: &Case) -> Fallible<PathBuf> {
        let file = self.folder.join(format!("{}.elf", case.name));
        let mut command = self.build()?;
        command.arg("--root-task").arg(&self.loader).arg("--output").arg(&file);
        if let Some(owner) = case.signed_by {
            command.arg("--sign").arg(self.folder.join(owner));
        }
        if let Some(owner) = case.trusts {
            command.arg("--trust").arg(public(&self.folder.join(owner)));
        }
        process::answer(&mut command)?;
        Ok(file)
    }

    /// A bit of a good signature is another one.
    fn damaged(&self) -> Fallible<PathBuf> {
        let image = self.folder.join("damaged.lyt");
        let mine = self.folder.join("mine");
        process::answer(self.build()?.arg("--sign").arg(&mine).arg("--output").arg(&image))?;
        let mut content = artefacts::read(&image)?;
        *content.last_mut().ok_or("an empty image")? ^= 1;
        let key = artefacts::read(&public(&mine))?;
        let module = |name: &str, content| Module { name: name.into(), content };
        let more = vec![module(layouts::MODULE, content), module("layout.key", key)];
        let file = self.folder.join("damaged.elf");
        artefacts::write(&file, &modules::add(&artefacts::read(&self.loader)?, more)?)?;
        Ok(file)
    }
}

/// The public half of a pair.
fn public(secret: &Path) -> PathBuf {
    secret.with_extension("pub")
}
