//! From words to a question.

use std::ops::Range;

use layout::names::{RegionId, RegionKind};
use layout::policy::{Access, Control};

use crate::authority::assertion::access_name;
use crate::authority::subject::{CONTROLS, control_name};
use crate::authority::{PartyId, Subject, System, Trust};
use crate::front::suggest::nearest;

/// A question.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Question {
    /// Who can do something to something.
    Who {
        /// What they do.
        access: Access,
        /// To what.
        subject: Subject,
    },
    /// Who holds, or can come to hold, a capability that gives authority over the machine.
    Holds(Control),
    /// Whether something flows.
    Path {
        /// From here.
        from: Subject,
        /// To there.
        to: Subject,
    },
    /// What a party can do that is no longer what it was made for.
    Compromised(PartyId),
}

/// A question, and what is trusted in it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The question.
    pub question: Question,
    /// What lets nothing through.
    pub trust: Trust,
}

/// Why a question is none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mistake {
    /// The bytes of the question that are wrong.
    pub at: Range<usize>,
    /// What is wrong, without a full stop.
    pub message: String,
    /// What could have been meant.
    pub help: Option<String>,
}

impl Mistake {
    /// The question with its mistake marked, over several lines.
    #[must_use]
    pub fn render(&self, question: &str) -> String {
        let count =
            |range: Range<usize>| question.get(range).map_or(0, |part| part.chars().count());
        let before = " ".repeat(count(0..self.at.start));
        let marks = "^".repeat(count(self.at.clone()).max(1));
        let column = 1 + before.len();
        let mut text = format!("error: {} (column {column})\n", self.message);
        text.push_str(&format!("  {question}\n  {before}{marks}\n"));
        if let Some(help) = &self.help {
            text.push_str(&format!("help: {help}\n"));
        }
        text
    }
}

/// Reads a question about a system.
///
/// # Errors
/// The first mistake, with its place and, if a name is wrong, the nearest one.
pub fn parse(text: &str, system: &System<'_>) -> Result<Asked, Mistake> {
    let mut words = Words { words: split(text), next: 0, end: text.len(), system };
    let question = words.question()?;
    let mut trust = Trust::default();
    while let Some(word) = words.words.get(words.next).cloned() {
        match word.text.as_str() {
            "trusting" => words.list(|words| {
                trust.parties.push(words.party()?);
                Ok(())
            })?,
            "trusting_dma" => words.list(|words| {
                trust.devices.push(words.device()?);
                Ok(())
            })?,
            _ => return Err(words.expected(&["trusting", "trusting_dma"])),
        }
    }
    Ok(Asked { question, trust })
}

/// A word and its place.
#[derive(Clone, Debug)]
struct Word {
    text: String,
    at: Range<usize>,
}

/// The words of a question; commas are words of their own, a question mark at the end is none.
fn split(text: &str) -> Vec<Word> {
    let text = text.trim_end().trim_end_matches('?');
    let mut words = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((start, letter)) = rest.next() {
        let word = match letter {
            _ if letter.is_whitespace() => continue,
            ',' => Word { text: ",".into(), at: start..start + 1 },
            '"' => {
                let end = rest.by_ref().find(|(_, letter)| *letter == '"');
                let end = end.map_or(text.len(), |(end, _)| end);
                let at = start..(end + 1).min(text.len());
                Word { text: text[start + 1..end].to_string(), at }
            }
            _ => {
                let mut end = start + letter.len_utf8();
                let in_word = |letter: &char| !letter.is_whitespace() && *letter != ',';
                while let Some((at, letter)) = rest.next_if(|(_, letter)| in_word(letter)) {
                    end = at + letter.len_utf8();
                }
                Word { text: text[start..end].to_string(), at: start..end }
            }
        };
        words.push(word);
    }
    words
}

struct Words<'a> {
    words: Vec<Word>,
    next: usize,
    /// Where the question ends.
    end: usize,
    system: &'a System<'a>,
}

impl Words<'_> {
    fn question(&mut self) -> Result<Question, Mistake> {
        match self.one_of(&["who", "path", "what"])? {
            0 => match self.one_of(&["can", "holds"])? {
                0 => self.who(),
                _ => {
                    let names = CONTROLS.map(control_name);
                    Ok(Question::Holds(CONTROLS[self.one_of(&names)?]))
                }
            },
            1 => {
                let from = self.subject()?;
                self.one_of(&["to", "->"])?;
                Ok(Question::Path { from, to: self.subject()? })
            }
            _ => {
                self.one_of(&["if"])?;
                let party = self.party()?;
                self.one_of(&["is"])?;
                self.one_of(&["compromised"])?;
                Ok(Question::Compromised(party))
            }
        }
    }

    fn who(&mut self) -> Result<Question, Mistake> {
        let all = [Access::Read, Access::Write, Access::Call, Access::Signal];
        let access = all[self.one_of(&all.map(access_name))?];
        let start = self.next;
        let subject = self.subject()?;
        if subject.points(self.system, access).is_empty() {
            let at = self.words[start].at.start..self.words[self.next - 1].at.end;
            let (name, verb) = (subject.name(self.system), access_name(access));
            let message = format!("`{name}` has nothing that one could {verb}");
            return Err(Mistake { at, message, help: None });
        }
        Ok(Question::Who { access, subject })
    }

    /// Takes the next word, which must be one of these; its number.
    fn one_of(&mut self, words: &[&str]) -> Result<usize, Mistake> {
        let next = self.words.get(self.next);
        let found = next.and_then(|next| words.iter().position(|word| *word == next.text));
        let found = found.ok_or_else(|| self.expected(words))?;
        self.next += 1;
        Ok(found)
    }

    fn expected(&self, words: &[&str]) -> Mistake {
        let next = self.words.get(self.next);
        let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
        let quoted = quoted.join(" or ");
        let help = next.and_then(|next| nearest(&next.text, words.iter().copied()));
        Mistake {
            at: next.map_or(self.end..self.end, |next| next.at.clone()),
            message: match next {
                Some(next) => format!("expected {quoted}, not `{}`", next.text),
                None => format!("expected {quoted} at the end"),
            },
            help: help.map(|word| format!("write `{word}`")),
        }
    }

    /// Takes the word that begins a list, then names with commas between them.
    fn list(
        &mut self,
        mut name: impl FnMut(&mut Self) -> Result<(), Mistake>,
    ) -> Result<(), Mistake> {
        self.next += 1;
        name(self)?;
        while self.words.get(self.next).is_some_and(|word| word.text == ",") {
            self.next += 1;
            name(self)?;
        }
        Ok(())
    }

    fn subject(&mut self) -> Result<Subject, Mistake> {
        let is_qualified = self.next + 1 < self.words.len();
        let kind = self.words.get(self.next).filter(|_| is_qualified).map(|w| w.text.as_str());
        match kind {
            Some("component") => self.skip().party().map(Subject::Party),
            Some("region") => {
                let found = |words: &Self, name: &str| words.region(name).map(Subject::Region);
                self.skip().name("region", found)
            }
            Some("object") => {
                let found = |words: &Self, name: &str| words.object(name).map(Subject::Object);
                self.skip().name("object", found)
            }
            _ => self.name("component, region or object", |words, name| {
                let party = words.party_named(name).map(Subject::Party);
                let region = || words.region(name).map(Subject::Region);
                party.or_else(region).or_else(|| words.object(name).map(Subject::Object))
            }),
        }
    }

    fn skip(&mut self) -> &mut Self {
        self.next += 1;
        self
    }

    fn party(&mut self) -> Result<PartyId, Mistake> {
        self.name("component", Self::party_named)
    }

    fn device(&mut self) -> Result<RegionId, Mistake> {
        let is_device = |words: &Self, id: &RegionId| {
            matches!(words.system.model[*id].kind, RegionKind::Device { .. })
        };
        self.name("device", |words, name| words.region(name).filter(|id| is_device(words, id)))
    }

    fn party_named(&self, name: &str) -> Option<PartyId> {
        let mut parties = self.system.parties.iter();
        parties.find(|(_, party)| party.name == name).map(|(id, _)| id)
    }

    fn region(&self, name: &str) -> Option<RegionId> {
        let place = self.system.model.regions.iter().position(|region| region.name == name)?;
        u32::try_from(place).ok().map(RegionId)
    }

    fn object(&self, name: &str) -> Option<layout::ObjectId> {
        self.system.model.objects().find(|(_, object)| object.name == name).map(|(id, _)| id)
    }

    /// Takes a name, which must be that of something.
    fn name<T>(
        &mut self,
        what: &str,
        find: impl Fn(&Self, &str) -> Option<T>,
    ) -> Result<T, Mistake> {
        let Some(word) = self.words.get(self.next) else {
            let message = format!("the name of a {what} is missing at the end");
            return Err(Mistake { at: self.end..self.end, message, help: None });
        };
        match find(self, &word.text) {
            Some(found) => {
                self.next += 1;
                Ok(found)
            }
            None => {
                let model = self.system.model;
                let parties = self.system.parties.iter().map(|(_, party)| party.name.as_str());
                let regions = model.regions.iter().map(|region| region.name.as_str());
                let objects = model.objects.iter().map(|object| object.name.as_str());
                let names = parties.chain(regions).chain(objects);
                let fitting = names.filter(|name| find(self, name).is_some());
                let help =
                    nearest(&word.text, fitting).map(|name| format!("did you mean `{name}`?"));
                let message = format!("there is no {what} `{}`", word.text);
                Err(Mistake { at: word.at.clone(), message, help })
            }
        }
    }
}
