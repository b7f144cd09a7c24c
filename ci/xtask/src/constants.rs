//! Programs that are built with constants: what `capdl constants` says of their component.
//!
//! The file is made before each build, for the layout that is built; the program finds it by an
//! environment variable and exists only with the feature `constants` of its package.

use std::path::PathBuf;
use std::process::Command;

use crate::artefacts::{self, Program};
use crate::process::{self, Fallible};
use crate::workspace::{self, Workspace};

/// The programs, which are called like their components.
const PROGRAMS: &[&str] = &["pinger"];

/// The component whose constants a program is built with; or none.
pub(crate) fn component(program: Program) -> Option<&'static str> {
    PROGRAMS.iter().find(|name| program == Program::Component(name)).copied()
}

/// All of them.
pub(crate) fn components() -> impl Iterator<Item = &'static str> {
    PROGRAMS.iter().copied()
}

/// The file for a component.
fn file(workspace: &Workspace, component: &str) -> PathBuf {
    workspace.target.join("constants").join(component).with_extension("rs")
}

/// Makes the file of a component. `tool` is `capdl constants` with a layout; the file is left alone
/// if it is the same.
///
/// # Errors
/// The layout has mistakes, or no such component.
pub(crate) fn make(workspace: &Workspace, component: &str, tool: &mut Command) -> Fallible<()> {
    let text = process::answer(tool.args(["--component", component]))?;
    workspace.output_folder("constants")?;
    artefacts::write(&file(workspace, component), format!("{text}\n").as_bytes())
}

/// Tells a command of cargo where the files are, if it builds the package whose programs want them.
pub(crate) fn hand_over(workspace: &Workspace, package: &str, command: &mut Command) {
    if package != workspace::SYSTEMS {
        return;
    }
    command.args(["--features", "constants"]);
    for component in PROGRAMS {
        let variable = format!("{}_CONSTANTS", component.to_uppercase());
        command.env(variable, file(workspace, component));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_some_programs_want_constants() {
        assert_eq!(component(Program::Component("pinger")), Some("pinger"));
        assert_eq!(component(Program::Component("ponger")), None);
        assert_eq!(component(Program::Child("pinger")), None);
    }

    #[test]
    fn the_package_is_told_where_they_are() {
        let workspace = Workspace::locate().expect("in the workspace");
        let told = |package| {
            let mut command = Command::new("cargo");
            hand_over(&workspace, package, &mut command);
            let variables = command.get_envs().filter_map(|(name, file)| Some((name, file?)));
            let variables = variables.map(|(name, file)| (name.to_owned(), PathBuf::from(file)));
            variables.collect::<Vec<_>>()
        };
        let expected = workspace.target.join("constants/pinger.rs");
        assert_eq!(told(workspace::SYSTEMS), [("PINGER_CONSTANTS".into(), expected)]);
        assert_eq!(told(workspace::PL011), []);
    }
}
