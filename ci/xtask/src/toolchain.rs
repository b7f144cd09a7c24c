//! The Rust toolchain: which targets it can build for, and how.
//!
//! A target is built with its prebuilt core library if there is one, else with core compiled from
//! the `rust-src` component. The toolchain itself is whatever the developer runs; it is never
//! replaced or upgraded, which is also why the repository has no `rust-toolchain.toml`: rustup
//! would answer one by upgrading, or by refusing every cargo call.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{self, Fallible};
use crate::workspace::Workspace;

/// What a crate is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The kernel: no floating-point register is ever touched behind its back.
    Kernel,
    /// User programs.
    User,
    /// Programs of Linux, for its personality.
    Linux,
}

impl Target {
    /// Those of our own system.
    pub(crate) const ALL: [Self; 2] = [Self::Kernel, Self::User];

    /// The name that rustc knows.
    pub(crate) fn triple(self) -> &'static str {
        match self {
            Self::Kernel => "aarch64-unknown-none-softfloat",
            Self::User => "aarch64-unknown-none",
            Self::Linux => "aarch64-unknown-linux-musl",
        }
    }
}

/// How core gets built for a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// It comes with the toolchain.
    Prebuilt,
    /// From the sources in the toolchain.
    FromSource,
}

/// The developer's toolchain.
#[derive(Debug)]
pub(crate) struct Toolchain {
    sysroot: PathBuf,
    host: String,
    release: String,
}

impl Toolchain {
    /// Asks rustc about itself.
    pub(crate) fn discover() -> Fallible<Self> {
        let sysroot = process::answer(Command::new("rustc").args(["--print", "sysroot"]))?;
        let about = process::answer(Command::new("rustc").arg("-vV"))?;
        let said = |what: &str| {
            let found = about.lines().find_map(|line| line.strip_prefix(what));
            found.map(String::from).ok_or(format!("rustc does not say its `{what}`"))
        };
        Ok(Self { sysroot: sysroot.into(), host: said("host: ")?, release: said("release: ")? })
    }

    /// The compiler's version, such as `1.95.0`.
    pub(crate) fn release(&self) -> &str {
        &self.release
    }

    /// How to build for a target; `None` if that is not possible yet.
    pub(crate) fn route(&self, target: Target) -> Option<Route> {
        let libraries = self.sysroot.join("lib/rustlib").join(target.triple()).join("lib");
        if contains_file(&libraries, "libcore-") {
            return Some(Route::Prebuilt);
        }
        self.has_core_source().then_some(Route::FromSource)
    }

    /// Whether core can be compiled from source.
    fn has_core_source(&self) -> bool {
        self.sysroot.join("lib/rustlib/src/rust/library/Cargo.lock").is_file()
    }

    /// A program of the `llvm-tools` component.
    pub(crate) fn llvm_tool(&self, name: &str) -> PathBuf {
        self.sysroot.join("lib/rustlib").join(&self.host).join("bin").join(name)
    }

    /// Whether cargo knows a subcommand that is a component of its own. Rustup puts a proxy on the
    /// search path even for components that are not installed, so with rustup only the toolchain's
    /// own folder counts.
    pub(crate) fn has_component_program(&self, name: &str) -> bool {
        let on_path = !process::is_installed("rustup") && process::is_installed(name);
        on_path || self.sysroot.join("bin").join(name).is_file()
    }

    /// `cargo VERB` for crates of a target.
    pub(crate) fn cargo_for(&self, workspace: &Workspace, verb: &str, target: Target) -> Command {
        let mut command = cargo(workspace, verb);
        command.args(["--target", target.triple()]);
        if target == Target::Linux {
            // The toolchain's own: no C compiler for this target is needed.
            command.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER", "rust-lld");
        }
        if self.route(target) == Some(Route::FromSource) {
            // `-Z` on a stable compiler; the one unstable thing, and only on this route.
            command.env("RUSTC_BOOTSTRAP", "1").arg("-Zbuild-std=core,alloc");
        }
        command
    }
}

/// `cargo VERB` for crates of the development machine.
pub(crate) fn cargo(workspace: &Workspace, verb: &str) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(&workspace.root).arg(verb).arg("--target-dir").arg(&workspace.target);
    command
}

fn contains_file(folder: &Path, prefix: &str) -> bool {
    let Ok(entries) = folder.read_dir() else { return false };
    entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toolchain_with(file: &str) -> (PathBuf, Toolchain) {
        let folder = file.replace('/', "-");
        let name = format!("xtask-toolchain-{}-{folder}", std::process::id());
        let sysroot = std::env::temp_dir().join(name);
        let file = sysroot.join("lib/rustlib").join(file);
        std::fs::create_dir_all(file.parent().expect("it has a folder")).expect("create");
        std::fs::write(file, "").expect("write");
        (sysroot.clone(), Toolchain { sysroot, host: "here".into(), release: "1.0.0".into() })
    }

    #[test]
    fn a_prebuilt_core_is_preferred_and_per_target() {
        let (sysroot, toolchain) =
            toolchain_with("aarch64-unknown-none-softfloat/lib/libcore-0123.rlib");
        assert_eq!(toolchain.route(Target::Kernel), Some(Route::Prebuilt));
        assert_eq!(toolchain.route(Target::User), None);
        std::fs::remove_dir_all(sysroot).expect("remove");
    }

    #[test]
    fn sources_serve_every_target() {
        let (sysroot, toolchain) = toolchain_with("src/rust/library/Cargo.lock");
        assert_eq!(toolchain.route(Target::User), Some(Route::FromSource));
        let workspace = Workspace { root: ".".into(), target: "target".into() };
        let command = toolchain.cargo_for(&workspace, "build", Target::User);
        assert!(process::line(&command).ends_with("-Zbuild-std=core,alloc"));
        std::fs::remove_dir_all(sysroot).expect("remove");
    }

    #[test]
    fn an_empty_library_folder_is_no_core() {
        // `rustc --print target-libdir` names such a folder even when nothing is installed.
        let (sysroot, toolchain) = toolchain_with("aarch64-unknown-none/lib/self-contained");
        assert_eq!(toolchain.route(Target::User), None);
        std::fs::remove_dir_all(sysroot).expect("remove");
    }
}
