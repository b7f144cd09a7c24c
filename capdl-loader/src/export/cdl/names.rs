//! Identifiers of objects, and which objects are elements of an array.

use std::collections::HashSet;

use layout::{Model, ObjectId};

use super::facts::Facts;

/// Words that stand for capabilities to no object.
const TAKEN: [&str; 5] =
    ["irq_control", "asid_control", "domain", "sched_control", "io_space_master"];

/// Objects with consecutive numbers that are declared together.
#[derive(Debug)]
pub(super) struct Group {
    /// The first one.
    pub(super) first: u32,
    /// How many, if it is an array.
    pub(super) array: Option<u32>,
    /// The identifier.
    pub(super) name: String,
}

/// The identifiers of a model.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// In the order of the objects.
    pub(super) groups: Vec<Group>,
    /// The group of each object.
    group_of: Vec<u32>,
    /// What the firmware is called.
    pub(super) firmware: String,
}

impl Names {
    /// Names for all objects. Those called `f[0]`, `f[1]` and so on, one behind the other and
    /// declared alike, become an array.
    pub(super) fn of(model: &Model, declared: &[String], facts: &mut Facts) -> Self {
        let mut taken: HashSet<String> = TAKEN.map(String::from).into();
        let mut names = Self::default();
        let mut renamed = 0;
        let mut first = 0;
        while first < model.objects.len() {
            let (name, array) = match array_from(model, declared, first) {
                Some((base, count)) if !taken.contains(base) => (base.to_string(), Some(count)),
                _ => {
                    let own = &model.objects[first].name;
                    let name = identifier(own, &taken);
                    renamed += u32::from(name != *own);
                    (name, None)
                }
            };
            let count = array.unwrap_or(1);
            let group = names.groups.len() as u32;
            names.group_of.extend(std::iter::repeat_n(group, count as usize));
            taken.insert(name.clone());
            names.groups.push(Group { first: first as u32, array, name });
            first += count as usize;
        }
        names.firmware = identifier("smc", &taken);
        if renamed > 0 {
            let what = format!("{renamed} objects get other names: theirs are no identifiers");
            let help = "begin names with a letter; use letters, digits and underscores";
            facts.unsaid(what, help);
        }
        names
    }

    /// The group of an object.
    pub(super) fn group(&self, id: ObjectId) -> &Group {
        &self.groups[self.group_of[id.index()] as usize]
    }

    /// How an object is referred to.
    pub(super) fn reference(&self, id: ObjectId) -> String {
        let group = self.group(id);
        match group.array {
            Some(_) => format!("{}[{}]", group.name, id.0 - group.first),
            None => group.name.clone(),
        }
    }

    /// How ascending objects are referred to, in as few words as possible.
    pub(super) fn references(&self, ids: &[ObjectId]) -> Vec<String> {
        let mut all = Vec::new();
        for run in ids.chunk_by(|one, next| {
            next.0 == one.0 + 1 && self.group_of[one.index()] == self.group_of[next.index()]
        }) {
            let (first, last) = (run[0], run[run.len() - 1]);
            let group = self.group(first);
            all.push(match run.len() {
                1 => self.reference(first),
                _ => format!("{}[{}..{}]", group.name, first.0 - group.first, last.0 - group.first),
            });
        }
        all
    }
}

/// The array that begins with an object: its name and length.
fn array_from<'m>(model: &'m Model, declared: &[String], first: usize) -> Option<(&'m str, u32)> {
    let base = element(&model.objects[first].name, 0)?;
    if identifier(base, &HashSet::new()) != base {
        return None;
    }
    let rest = model.objects[first..].iter().zip(&declared[first..]).zip(0..);
    let like = rest.take_while(|((object, text), index)| {
        element(&object.name, *index) == Some(base) && **text == declared[first]
    });
    u32::try_from(like.count()).ok().map(|count| (base, count))
}

/// The name in front of `[index]`.
fn element(name: &str, index: u32) -> Option<&str> {
    let (base, rest) = name.split_once('[')?;
    let number = rest.strip_suffix(']')?;
    // Only as it would be written again.
    (number == index.to_string()).then_some(base)
}

/// A name that is an identifier and not taken.
fn identifier(name: &str, taken: &HashSet<String>) -> String {
    let is_good = |letter: char| letter.is_ascii_alphanumeric() || "_@.-".contains(letter);
    let mut good: String =
        name.chars().map(|letter| if is_good(letter) { letter } else { '_' }).collect();
    if !good.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
        good.insert_str(0, "object_");
    }
    if !taken.contains(&good) {
        return good;
    }
    let numbered = (taken.len()..).map(|number| format!("{good}_{number}"));
    let mut free = numbered.filter(|name| !taken.contains(name));
    free.next().unwrap_or(good)
}
