//! What steps share: places, the toolchain, and programs that are built once.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;

use crate::artefacts::{self, Image, KernelFiles, Program};
use crate::constants;
use crate::layouts::{self, System};
use crate::process::{self, Fallible};
use crate::toolchain::Toolchain;
use crate::workspace::Workspace;

/// What steps share.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    /// Where things are.
    pub(crate) workspace: &'a Workspace,
    /// How things are built.
    pub(crate) toolchain: Toolchain,
    kernels: Mutex<HashMap<&'static str, Fallible<KernelFiles>>>,
    programs: Mutex<HashMap<&'static str, Fallible<PathBuf>>>,
}

impl<'a> Context<'a> {
    /// Nothing built yet.
    pub(crate) fn new(workspace: &'a Workspace, toolchain: Toolchain) -> Self {
        Self { workspace, toolchain, kernels: Mutex::default(), programs: Mutex::default() }
    }

    /// A kernel, built by the first who asks; everybody else waits for it.
    pub(crate) fn kernel(&self, image: Image) -> Fallible<KernelFiles> {
        let mut kernels = self.kernels.lock().map_err(|_| "a build panicked")?;
        let build = || {
            quietly(&mut artefacts::kernel_command(self.workspace, &self.toolchain, image))?;
            artefacts::collect_kernel(self.workspace, image)
        };
        once(&mut kernels, image.name(), build)
    }

    /// A user program, built by the first who asks, with constants of the gallery's layout.
    pub(crate) fn program(&self, program: Program) -> Fallible<PathBuf> {
        if let Some(component) = constants::component(program) {
            self.constants(component)?;
        }
        let mut programs = self.programs.lock().map_err(|_| "a build panicked")?;
        let build = || {
            quietly(&mut artefacts::program_command(self.workspace, &self.toolchain, program))?;
            artefacts::collect_program(self.workspace, program)
        };
        once(&mut programs, program.name(), build)
    }
}

impl Context<'_> {
    /// What the program of a component is built with, by the layout in the gallery.
    pub(crate) fn constants(&self, component: &str) -> Fallible<()> {
        self.layout_tool()?;
        let mut tool = System::with(component)?.command(self.workspace, "constants")?;
        constants::make(self.workspace, component, &mut tool)
    }

    /// The tool for layouts, built by the first who asks.
    pub(crate) fn layout_tool(&self) -> Fallible<PathBuf> {
        let mut programs = self.programs.lock().map_err(|_| "a build panicked")?;
        let build = || {
            quietly(&mut layouts::tool_command(self.workspace))?;
            Ok(layouts::tool(self.workspace))
        };
        once(&mut programs, "capdl", build)
    }
}

/// Builds at the first call. Whoever asks again after a failure is told so in one line.
fn once<T: Clone>(
    built: &mut HashMap<&'static str, Fallible<T>>,
    name: &'static str,
    build: impl FnOnce() -> Fallible<T>,
) -> Fallible<T> {
    match built.get(name) {
        Some(Ok(product)) => Ok(product.clone()),
        Some(Err(_)) => Err(format!("{name} did not build, see above")),
        None => built.entry(name).or_insert_with(build).clone(),
    }
}

/// Builds something; what cargo said is told only if it fails.
fn quietly(command: &mut Command) -> Fallible<()> {
    let finished = process::captured(command)?;
    if finished.status.success() {
        return Ok(());
    }
    Err(format!("`{}` failed\n{}", process::line(command), finished.text()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_is_built_once() {
        let mut built = HashMap::new();
        assert_eq!(once(&mut built, "a", || Ok(1)), Ok(1));
        assert_eq!(once(&mut built, "a", || Ok(2)), Ok(1));
    }

    #[test]
    fn a_failure_is_told_in_full_only_once() {
        let mut built: HashMap<_, Fallible<u8>> = HashMap::new();
        assert_eq!(once(&mut built, "a", || Err("long".into())), Err("long".into()));
        let again = once(&mut built, "a", || Ok(1)).expect_err("it failed");
        assert!(again.contains("a did not build"), "{again}");
    }
}
