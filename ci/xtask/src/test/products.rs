//! Steps that build for the target, and look at what was built.

use super::Step;
use super::context::Context;
use super::outcome::Outcome;
use crate::artefacts::{Image, Program};
use crate::panic_sites;
use crate::process::Fallible;

/// All of them.
pub(super) fn steps() -> Vec<Step> {
    let mut steps: Vec<Step> = Image::ALL
        .map(|image| {
            Step::alone(format!("build kernel {}", image.name()), move |context: &Context| {
                of_build(context.kernel(image).map(|files| files.image))
            })
        })
        .into();
    steps.extend(Program::ALL.map(|program| {
        Step::alone(format!("build {}", program.name()), move |context: &Context| {
            of_build(context.program(program))
        })
    }));
    steps.push(Step::alone("panic sites", panic_sites));
    steps
}

fn of_build(built: Fallible<std::path::PathBuf>) -> Outcome {
    match built {
        Ok(file) => {
            let size = file.metadata().map_or(0, |data| data.len());
            Outcome::passed(format!("{size} bytes"))
        }
        Err(problem) => Outcome::failed("does not build", &problem),
    }
}

/// The release kernel panics nowhere but where the agreed list says.
fn panic_sites(context: &Context) -> Outcome {
    let sites = context.kernel(Image::Release).and_then(|files| panic_sites::read(&files.elf));
    let sites = match sites {
        Ok(sites) => sites,
        Err(problem) => return Outcome::failed("no release kernel", &problem),
    };
    let list = panic_sites::list_file(context.workspace);
    let list = std::fs::read_to_string(list).unwrap_or_default();
    match panic_sites::compare(&sites, &list).as_slice() {
        [] => Outcome::passed(format!("{} known", sites.len())),
        differences => Outcome::failed("the list differs", &differences.join("\n")),
    }
}
