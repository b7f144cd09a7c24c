//! Where things are written, for messages; and what was proven of the system, for who has its
//! layout.
//!
//! Objects of one kind stand together, and are mostly called alike: of an object's name there is
//! only what differs from the name before it. So a name is made by reading those before it, which
//! only messages do.

use alloc::string::String;
use alloc::vec::Vec;

use crate::cell::Cell;
use crate::damage::Damage;
use crate::layout::Stream;
use crate::number;
use crate::record::Line;

/// Names and lines. What is damaged in them has none.
#[derive(Clone, Copy, Debug)]
pub struct Debug<'a> {
    objects: Stream<'a, Line>,
    slots: Stream<'a, Line>,
    /// Files, components, proofs: each a length and UTF-8. Then objects: each the bytes that it
    /// shares with the one before, and how it goes on, in the same form.
    texts: &'a [u8],
    files: u64,
    named: u64,
    components: u64,
    proofs: u64,
}

/// Where something is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place<'a> {
    /// The file.
    pub file: &'a str,
    /// The line, from 1 upwards.
    pub line: u32,
}

impl<'a> Debug<'a> {
    /// Finds the parts in these bytes.
    pub(crate) fn new(mut bytes: &'a [u8]) -> Result<Self, Damage> {
        Self::cut(&mut bytes).ok_or(Damage::of("debug", "too short"))
    }

    fn cut(bytes: &mut &'a [u8]) -> Option<Self> {
        let nothing = Stream::cut(&mut &[][..], (0, 0))?;
        if bytes.is_empty() {
            let (objects, slots) = (nothing, nothing);
            let (texts, files, named, components, proofs) = (&[][..], 0, 0, 0, 0);
            return Some(Self { objects, slots, texts, files, named, components, proofs });
        }
        let objects = Stream::<Line>::measure(bytes)?;
        let slots = Stream::<Line>::measure(bytes)?;
        let files = number::take(bytes)?;
        let named = number::take(bytes)?;
        let components = number::take(bytes)?;
        let proofs = number::take(bytes)?;
        let objects = Stream::cut(bytes, objects)?;
        let slots = Stream::cut(bytes, slots)?;
        Some(Self { objects, slots, texts: bytes, files, named, components, proofs })
    }

    /// Where an object is described.
    #[must_use]
    pub fn object(&self, object: Cell) -> Option<Place<'a>> {
        self.place(self.objects, object.0.into())
    }

    /// Where what is in a slot is written: that of this place among the image's slots.
    #[must_use]
    pub fn slot(&self, row: u64) -> Option<Place<'a>> {
        self.place(self.slots, row)
    }

    /// What an object is called.
    #[must_use]
    pub fn name(&self, object: Cell) -> Option<String> {
        let index = u64::from(object.0);
        if index >= self.named {
            return None;
        }
        let before = self.files.checked_add(self.components)?.checked_add(self.proofs)?;
        let mut bytes = self.skip(before)?;
        let mut name = Vec::new();
        for _ in 0..=index {
            let shared = usize::try_from(number::take(&mut bytes)?).ok()?;
            let rest = take_text(&mut bytes)?;
            if shared > name.len() {
                return None;
            }
            name.truncate(shared);
            name.extend_from_slice(rest);
        }
        String::from_utf8(name).ok()
    }

    /// What a component is called.
    #[must_use]
    pub fn component(&self, component: u32) -> Option<&'a str> {
        let index = u64::from(component);
        let at = self.files.checked_add(index)?;
        (index < self.components).then(|| self.text(at)).flatten()
    }

    /// Certificates of what its layout claims, each as text.
    pub fn proofs(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let before = self.files.checked_add(self.components);
        let mut bytes = before.and_then(|before| self.skip(before)).unwrap_or_default();
        let texts = (0..self.proofs).map_while(move |_| take_text(&mut bytes));
        texts.filter_map(|text| core::str::from_utf8(text).ok())
    }

    fn place(&self, lines: Stream<'a, Line>, row: u64) -> Option<Place<'a>> {
        let line = lines.rows().nth(usize::try_from(row).ok()?)?;
        let file = u64::from(line.file.checked_sub(1)?);
        let file = (file < self.files).then(|| self.text(file)).flatten()?;
        Some(Place { file, line: line.line })
    }

    fn text(&self, index: u64) -> Option<&'a str> {
        core::str::from_utf8(take_text(&mut self.skip(index)?)?).ok()
    }

    /// What stands behind so many texts.
    fn skip(&self, texts: u64) -> Option<&'a [u8]> {
        let mut bytes = self.texts;
        for _ in 0..texts {
            take_text(&mut bytes)?;
        }
        Some(bytes)
    }
}

fn take_text<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(number::take(bytes)?).ok()?;
    let (text, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(text)
}

/// Writing, for the tool.
pub mod put {
    use alloc::string::String;
    use alloc::vec::Vec;

    use crate::number::put::number;
    use crate::record::Line;
    use crate::rows;

    /// Names and lines for the writer.
    #[derive(Clone, PartialEq, Eq, Debug, Default)]
    pub struct Names {
        /// Of each object.
        pub object_lines: Vec<Line>,
        /// Of each slot.
        pub slot_lines: Vec<Line>,
        /// Names of files.
        pub files: Vec<String>,
        /// Names of objects.
        pub objects: Vec<String>,
        /// Names of components.
        pub components: Vec<String>,
        /// Certificates of what the layout claims.
        pub proofs: Vec<String>,
    }

    impl Names {
        /// As the bytes of the part.
        pub(crate) fn to_bytes(&self) -> Vec<u8> {
            if *self == Self::default() {
                return Vec::new();
            }
            let (mut bytes, mut lines) = (Vec::new(), Vec::new());
            for list in [&self.object_lines, &self.slot_lines] {
                let start = lines.len();
                rows::put::rows(&mut lines, list);
                number(&mut bytes, list.len() as u64);
                number(&mut bytes, (lines.len() - start) as u64);
            }
            let texts = [&self.files, &self.objects, &self.components, &self.proofs];
            texts.iter().for_each(|list| number(&mut bytes, list.len() as u64));
            bytes.extend(lines);
            for name in self.files.iter().chain(&self.components).chain(&self.proofs) {
                text(&mut bytes, name.as_bytes());
            }
            let mut before: &[u8] = &[];
            for name in self.objects.iter().map(String::as_bytes) {
                let shared =
                    before.iter().zip(name).take_while(|(one, other)| one == other).count();
                number(&mut bytes, shared as u64);
                text(&mut bytes, &name[shared..]);
                before = name;
            }
            bytes
        }
    }
    /// A length and as many bytes.
    fn text(bytes: &mut Vec<u8>, text: &[u8]) {
        number(bytes, text.len() as u64);
        bytes.extend(text);
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use alloc::vec;

    use super::put::Names;
    use super::*;

    fn names(objects: &[&str]) -> Names {
        Names {
            files: vec!["a.layout.toml".into()],
            objects: objects.iter().map(ToString::to_string).collect(),
            components: vec!["driver".into()],
            proofs: vec!["nothing\ngets there".into()],
            ..Names::default()
        }
    }

    #[test]
    fn names_come_back_whatever_they_share() {
        let objects = ["driver/page/1", "driver/page/12", "driver", "", "d\u{e4}", "d\u{e5}"];
        let bytes = names(&objects).to_bytes();
        let debug = Debug::new(&bytes).expect("whole");
        for (cell, name) in (0..).zip(objects) {
            assert_eq!(debug.name(Cell(cell)).as_deref(), Some(name));
        }
        assert_eq!(debug.name(Cell(6)), None);
        assert_eq!(debug.component(0), Some("driver"));
        assert!(debug.proofs().eq(["nothing\ngets there"]));
        assert!(bytes.len() < names(&[]).to_bytes().len() + 40, "{}", bytes.len());
    }

    #[test]
    fn damaged_names_are_none() {
        let whole = names(&["one", "onto"]).to_bytes();
        for end in 0..whole.len() {
            if let Ok(debug) = Debug::new(&whole[..end]) {
                let _ = debug.name(Cell(0));
                assert_eq!(debug.name(Cell(1)), None, "{end}");
            }
        }
        let shares_too_much = whole.len() - 4;
        let mut damaged = whole.clone();
        assert_eq!(damaged[shares_too_much], 2, "what the second shares with the first");
        damaged[shares_too_much] = 4;
        assert_eq!(Debug::new(&damaged).expect("parts").name(Cell(1)), None);
    }
}
