//! Files and folders of a root file system that is being made.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::process::Fallible;

/// Makes a folder with these permissions, and those above it.
pub(super) fn folder(path: &Path, permissions: u32) -> Fallible<()> {
    let made = fs::create_dir_all(path);
    made.and_then(|()| fs::set_permissions(path, fs::Permissions::from_mode(permissions)))
        .map_err(|error| format!("{}: {error}", path.display()))
}

/// Makes a file with these permissions.
pub(super) fn file(path: &Path, permissions: u32, content: &str) -> Fallible<()> {
    let made = fs::write(path, content);
    made.and_then(|()| fs::set_permissions(path, fs::Permissions::from_mode(permissions)))
        .map_err(|error| format!("{}: {error}", path.display()))
}

/// Removes a file, or a folder with all that is in it, if it is there.
pub(super) fn remove(path: &Path) -> Fallible<()> {
    let removed = match fs::symlink_metadata(path) {
        Err(_) => return Ok(()),
        Ok(data) if data.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
    };
    removed.map_err(|error| format!("{}: {error}", path.display()))
}
