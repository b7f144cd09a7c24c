//! Systems for exactly one memory: what the boot information will list is part of the image, and
//! the loader makes nothing if it lists anything else.
//!
//! What it lists depends on the size of the root task, of which the image is a part, and on that of
//! the kernel. So the root task is built until the memory is as the image in it says.

use abi::bootinfo::UntypedDescriptor;

use crate::board::{Board, Loader};
use crate::check::check_with_loader;
use crate::front::Loaded;

/// The memory in an image changes the image by a few bytes; root tasks grow by whole pages.
const ATTEMPTS: usize = 8;

/// Builds something whose file needs to know the memory that the loader in it will find.
///
/// # Errors
/// It cannot be built, or would not find the memory that the system takes.
pub(super) fn settle<T>(
    loaded: &Loaded,
    board: &Board,
    build: impl Fn(&[UntypedDescriptor]) -> Result<(Vec<u8>, T), String>,
) -> Result<(Vec<u8>, T), String> {
    let mut memory = Vec::new();
    for _ in 0..ATTEMPTS {
        let (file, rest) = build(&memory)?;
        let loader = Loader::of(&file).map_err(|why| format!("error: the root task: {why}\n"))?;
        let found = board.forecast(&loaded.model.target, &loader);
        let found = found.map_err(|why| format!("error: it would not boot: {why}\n"))?;
        if *found.untyped == *memory {
            let report = check_with_loader(&loaded.model, Some(board), &loader);
            return match report.has_errors() {
                true => Err(report.render(&loaded.sources)),
                false => Ok((file, rest)),
            };
        }
        memory = found.untyped.to_vec();
    }
    Err("error: the memory changes with the image that says it\n".into())
}
