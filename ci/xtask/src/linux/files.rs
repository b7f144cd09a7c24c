//! Files of this machine that go into a guest.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::archive::Archive;
use crate::process::Fallible;

/// Where they are then.
const HOME: &str = "root";

/// An archive with files, and folders with all that is in them, by their own names.
pub(super) fn archive<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Fallible<Archive> {
    let mut archive = Archive::default();
    for path in paths {
        let whole = path.canonicalize().map_err(|error| reason(path, &error))?;
        let name = whole.file_name().ok_or_else(|| format!("{} has no name", path.display()))?;
        add(&mut archive, &whole, &format!("{HOME}/{}", name.to_string_lossy()))?;
    }
    Ok(archive)
}

fn add(archive: &mut Archive, path: &Path, name: &str) -> Fallible<()> {
    let data = fs::symlink_metadata(path).map_err(|error| reason(path, &error))?;
    let permissions = data.permissions().mode() & 0o7777;
    if data.is_symlink() {
        let target = fs::read_link(path).map_err(|error| reason(path, &error))?;
        archive.link(name, &target.to_string_lossy());
    } else if data.is_dir() {
        archive.directory(name, permissions);
        for entry in fs::read_dir(path).map_err(|error| reason(path, &error))? {
            let entry = entry.map_err(|error| reason(path, &error))?;
            let name = format!("{name}/{}", entry.file_name().to_string_lossy());
            add(archive, &entry.path(), &name)?;
        }
    } else {
        let content = fs::read(path).map_err(|error| reason(path, &error))?;
        archive.file(name, permissions, &content);
    }
    Ok(())
}

fn reason(path: &Path, error: &std::io::Error) -> String {
    format!("cannot read {}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_go_with_all_that_is_in_them() {
        let folder = std::env::temp_dir().join(format!("tessera-files-{}", std::process::id()));
        fs::create_dir_all(folder.join("inner")).expect("a folder");
        fs::write(folder.join("inner/file"), "content").expect("a file");
        let bytes = archive([folder.as_path()]).expect("files that can be read").finish();
        fs::remove_dir_all(&folder).expect("it was made here");
        let text = String::from_utf8_lossy(&bytes);
        let name = format!("root/tessera-files-{}/inner/file\0", std::process::id());
        assert!(text.contains(&name) && text.contains("content"), "{text}");
        assert!(archive([folder.as_path()]).is_err(), "it is not there any more");
    }
}
