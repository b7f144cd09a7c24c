//! Programs and other files.

use std::collections::BTreeMap;
use std::path::PathBuf;

use layout::memory::{Content, ContentId};
use layout::span::Span;

use crate::code::Code;
use crate::front::forms::Name;
use crate::{Diagnostic, Report};

/// The files that a layout names, each read once.
#[derive(Debug, Default)]
pub(in crate::front) struct Files {
    /// Where they are looked for, in this order.
    pub(in crate::front) folders: Vec<PathBuf>,
    /// Those that were named.
    pub(super) contents: Vec<Content>,
    by_name: BTreeMap<String, ContentId>,
}

impl Files {
    /// Looks in these folders.
    pub(in crate::front) fn new(folders: Vec<PathBuf>) -> Self {
        Self { folders, ..Self::default() }
    }

    /// The file with this name. One that cannot be read is told, and has no bytes.
    pub(super) fn get(&mut self, name: &Name, report: &mut Report) -> ContentId {
        if let Some(known) = self.by_name.get(&name.value) {
            return *known;
        }
        let bytes = match self.read(&name.value) {
            Ok(bytes) => Some(bytes),
            Err(reason) => {
                let message = format!("the file `{}` cannot be read", name.value);
                let wrong = Diagnostic::error(Code::FILE, message).at(name.span, reason);
                report.push(wrong.help("`--search FOLDER` adds a folder to look in"));
                None
            }
        };
        let id = self.add(name.value.clone(), bytes, name.span);
        self.by_name.insert(name.value.clone(), id);
        id
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, String> {
        let mut paths = self.folders.iter().map(|folder| folder.join(name));
        let Some(path) = paths.find(|path| path.is_file()) else { return Err("not found".into()) };
        std::fs::read(path).map_err(|error| error.to_string())
    }

    /// Adds a file that the tool has made.
    pub(super) fn add(&mut self, name: String, bytes: Option<Vec<u8>>, span: Span) -> ContentId {
        // A model has fewer files than that.
        let id = ContentId(u32::try_from(self.contents.len()).unwrap_or(u32::MAX));
        self.contents.push(Content { name, bytes, span });
        id
    }

    /// The bytes of a file, if it could be read.
    pub(super) fn bytes(&self, id: ContentId) -> Option<&[u8]> {
        self.contents.get(id.0 as usize)?.bytes.as_deref()
    }
}
