//! Certificates as text, for whoever wants to check an answer again, at another time or place.
//!
//! A line for each point, by the names of the layout, so that a certificate is good for as long as
//! the layout lets nothing through that it did not let through before, and the question is about
//! the same. Where a proof begins and ends follows from the question or assertion; only what lies
//! between is taken from the file ([`Records::expect_asked`]).

use std::collections::HashMap;
use std::fmt::Write;

use certificate::point::Machine;
use certificate::{Point, Relation};

use crate::authority::label::Labels;
use crate::authority::proof::{Certificate, Proof};
use crate::authority::search::PointSet;
use crate::authority::{System, goal};
use crate::question::{answer, parse};

/// The first line.
const HEAD: &str = "capdl certificate 1";

/// Why there are certificates.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// They answer a question.
    Question(String),
    /// They prove what the layout claims of itself, in the words of [`goal::words`].
    Assertion(String),
}

/// What a file of certificates says.
#[derive(Clone, Debug)]
pub struct Records {
    /// Why there are some.
    pub origin: Origin,
    /// At least one.
    pub all: Vec<Record>,
}

/// A certificate that was read.
#[derive(Clone, Debug)]
pub struct Record {
    /// What it says of itself.
    pub claim: String,
    /// What it proves, if it passes its check.
    pub certificate: Certificate,
}

/// Why a text is no certificate for a layout.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mistake {
    /// From 1.
    pub line: usize,
    /// What is wrong there.
    pub message: String,
}

/// The certificates of an answer, or of an assertion.
///
/// # Errors
/// Two things of the layout have one name, so that none can say which is meant.
pub fn write(origin: &Origin, proofs: &[Proof], system: &System<'_>) -> Result<String, String> {
    let names = Names::of(system)?;
    let mut out = match origin {
        Origin::Question(text) => format!("{HEAD}\nquestion {text}\n"),
        Origin::Assertion(text) => format!("{HEAD}\nassertion {text}\n"),
    };
    for Proof { claim, certificate } in proofs {
        let relation = match certificate.relation {
            Relation::Authority => "authority",
            Relation::Flow => "flow",
        };
        let _ = writeln!(out, "claim {claim}\nrelation {relation}");
        let mut list = |word: &str, points: &mut dyn Iterator<Item = Point>| {
            points.for_each(|point| {
                let _ = writeln!(out, "{word} {}", names.of_point(point));
            });
        };
        let all = || (0..).map(Point).take(system.points.count());
        list("from", &mut certificate.from.iter().copied());
        list("to", &mut certificate.to.iter().copied());
        list("trusted", &mut all().filter(|point| certificate.trusted.contains(*point)));
        list("closed", &mut all().filter(|point| certificate.closed.contains(*point)));
    }
    Ok(out)
}

/// Reads certificates for a system.
///
/// # Errors
/// The first line that is of no certificate, or names what the system does not have.
pub fn read(text: &str, system: &System<'_>) -> Result<Records, Mistake> {
    let names = Names::of(system).map_err(|message| Mistake { line: 1, message })?;
    let mut lines = (1..).zip(text.lines());
    if lines.next().is_none_or(|(_, line)| line != HEAD) {
        return Err(Mistake { line: 1, message: format!("it does not begin with `{HEAD}`") });
    }
    let origin = match lines.next().and_then(|(_, line)| line.split_once(' ')) {
        Some(("question", text)) => Origin::Question(text.into()),
        Some(("assertion", text)) => Origin::Assertion(text.into()),
        _ => return Err(Mistake { line: 2, message: "it does not say what it answers".into() }),
    };
    let mut records: Vec<Record> = Vec::new();
    for (line, text) in lines {
        let mistake = |message: String| Mistake { line, message };
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        match (word, records.last_mut()) {
            ("claim", _) => records.push(Record::new(rest, system)),
            (_, None) => return Err(mistake(format!("`{word}` is of no claim"))),
            ("relation", Some(record)) => {
                record.certificate.relation = match rest {
                    "authority" => Relation::Authority,
                    "flow" => Relation::Flow,
                    _ => return Err(mistake(format!("there is no relation `{rest}`"))),
                }
            }
            (word, Some(Record { certificate, .. })) => {
                let missing = || mistake(format!("the layout has no `{rest}`"));
                let point = names.point(rest).ok_or_else(missing)?;
                match word {
                    "from" => certificate.from.push(point),
                    "to" => certificate.to.push(point),
                    "trusted" => _ = certificate.trusted.insert(point),
                    "closed" => _ = certificate.closed.insert(point),
                    _ => return Err(mistake(format!("`{word}` says nothing"))),
                }
            }
        }
    }
    match records.is_empty() {
        true => Err(Mistake { line: 1, message: "it claims nothing".into() }),
        false => Ok(Records { origin, all: records }),
    }
}

impl Records {
    /// Looks whether they are of all that the question asks, or the layout claims, and say so in
    /// its words: a file of fewer points could prove less than it says.
    ///
    /// # Errors
    /// Why not.
    pub fn expect_asked(&self, system: &System<'_>) -> Result<(), &'static str> {
        let is_all = match &self.origin {
            Origin::Assertion(words) => {
                let mut assertions = system.model.assertions.iter();
                let claimed =
                    assertions.find(|claimed| goal::words(system.model, claimed) == *words);
                let goals = claimed.and_then(|claimed| goal::goals(system, claimed));
                let goals = goals.ok_or("the layout does not claim this")?;
                self.are(&goals, |goal, record| {
                    goal.claim == record.claim && goal.is_of(&record.certificate, system)
                })
            }
            Origin::Question(text) => {
                let asked = parse(text, system).map_err(|_| "the layout has no such question")?;
                let proofs = answer(system, &asked).map_err(|_| "its answer has no proof")?.proofs;
                self.are(&proofs, |proof, record| {
                    proof.claim == record.claim
                        && proof.certificate.is_about(&record.certificate, system)
                })
            }
        };
        is_all.then_some(()).ok_or("this is not all that is asked or claimed, in the same words")
    }

    /// Whether each is as expected, and none is missing.
    fn are<T>(&self, expected: &[T], is: impl Fn(&T, &Record) -> bool) -> bool {
        let mut each = expected.iter().zip(&self.all);
        expected.len() == self.all.len() && each.all(|(expected, record)| is(expected, record))
    }
}

impl Record {
    fn new(claim: &str, system: &System<'_>) -> Self {
        let none = PointSet::new(system.points);
        let certificate = Certificate {
            relation: Relation::Authority,
            from: Vec::new(),
            to: Vec::new(),
            trusted: none.clone(),
            closed: none,
        };
        Self { claim: claim.into(), certificate }
    }

    /// What its points say, in the names of the system.
    #[must_use]
    pub fn meaning(&self, system: &System<'_>) -> String {
        let labels = Labels::new(system);
        let list = |points: &mut dyn Iterator<Item = Point>| {
            let mut names: Vec<String> = points.map(|point| labels.name(point)).collect();
            names.sort_unstable();
            names.dedup();
            if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
        };
        let Certificate { relation, from, to, trusted, .. } = &self.certificate;
        let verb = match relation {
            Relation::Authority => "gets authority over",
            Relation::Flow => "affects",
        };
        let all = (0..).map(Point).take(system.points.count());
        let trusted = list(&mut all.filter(|point| trusted.contains(*point)));
        let (from, to) = (list(&mut from.iter().copied()), list(&mut to.iter().copied()));
        format!("none of [{from}] {verb} any of [{to}], trusting [{trusted}]")
    }
}

/// What points are called in certificates.
struct Names<'a> {
    system: &'a System<'a>,
    objects: HashMap<&'a str, u32>,
    regions: HashMap<&'a str, u32>,
}

impl<'a> Names<'a> {
    fn of(system: &'a System<'a>) -> Result<Self, String> {
        let objects = system.model.objects.iter().map(|object| object.name.as_str());
        let regions = system.model.regions.iter().map(|region| region.name.as_str());
        let (objects, regions) = (numbered(objects)?, numbered(regions)?);
        Ok(Self { system, objects, regions })
    }

    fn of_point(&self, point: Point) -> String {
        let (index, is_behind) = ((point.0 / 2) as usize, !point.0.is_multiple_of(2));
        let model = self.system.model;
        if let Some(object) = model.objects.get(index) {
            let side = if is_behind { "behind" } else { "object" };
            return format!("{side} {}", object.name);
        }
        if let Some(region) = model.regions.get(index - model.objects.len()) {
            let side = if is_behind { "dma" } else { "device" };
            return format!("{side} {}", region.name);
        }
        let points = self.system.points;
        let what = Machine::ALL.into_iter().find(|what| points.machine(*what) == point);
        what.map_or_else(String::new, |what| format!("machine {what:?}"))
    }

    fn point(&self, text: &str) -> Option<Point> {
        let (side, name) = text.split_once(' ')?;
        let points = self.system.points;
        let once = || Machine::ALL.into_iter().find(|what| format!("{what:?}") == name);
        Some(match side {
            "object" => points.object(*self.objects.get(name)?),
            "behind" => points.behind(*self.objects.get(name)?),
            "device" => points.device(*self.regions.get(name)?),
            "dma" => points.dma(*self.regions.get(name)?),
            "machine" => points.machine(once()?),
            _ => return None,
        })
    }
}

/// Names by their places.
fn numbered<'a>(names: impl Iterator<Item = &'a str>) -> Result<HashMap<&'a str, u32>, String> {
    let mut numbers = HashMap::new();
    for (name, number) in names.zip(0..) {
        if name.contains(['\n', '\r']) || numbers.insert(name, number).is_some() {
            return Err(format!("the name {name:?} does not say what is meant"));
        }
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use layout::Rights;

    use super::*;
    use crate::testing::Builder;

    fn system() -> Builder {
        let mut system = Builder::default();
        let (app, server) = (system.component("app"), system.component("server"));
        system.component("other");
        let disk = system.device("disk", 0x0a00_0000, false);
        system.share(server, disk, Rights::READ_WRITE);
        system.call(app, server);
        system
    }

    fn recorded(builder: &Builder, question: &str) -> String {
        let system = System::new(&builder.model);
        let asked = parse(question, &system).expect("a question");
        let answer = answer(&system, &asked).expect("checked");
        write(&Origin::Question(question.into()), &answer.proofs, &system).expect("names")
    }

    fn verdicts(text: &str, builder: &Builder) -> Vec<bool> {
        let system = System::new(&builder.model);
        let records = read(text, &system).expect("a certificate").all;
        records.iter().map(|record| record.certificate.check(&system).is_ok()).collect()
    }

    #[test]
    fn a_certificate_is_good_until_something_leads_out_of_it() {
        let mut builder = system();
        let who = recorded(&builder, "who can write disk");
        let path = recorded(&builder, "path other to server");
        assert_eq!(verdicts(&who, &builder), [true]);
        assert_eq!(verdicts(&path, &builder), [true]);
        let model = System::new(&builder.model);
        let meaning = read(&who, &model).expect("good").all[0].meaning(&model);
        assert_eq!(
            meaning,
            "none of [app, other] gets authority over any of [disk], trusting [nothing]"
        );
        // More components change nothing; a way does.
        let more = builder.component("more");
        assert_eq!(verdicts(&who, &builder), [true]);
        let (other, disk) = (layout::names::ComponentId(2), layout::names::RegionId(0));
        builder.share(more, disk, Rights::READ_WRITE);
        assert_eq!(verdicts(&who, &builder), [true], "it says nothing of `more`");
        builder.share(other, disk, Rights::READ_WRITE);
        assert_eq!(verdicts(&who, &builder), [false]);
        assert_eq!(verdicts(&path, &builder), [false]);
    }

    #[test]
    fn what_was_changed_by_hand_is_refused() {
        let builder = system();
        let text = recorded(&builder, "who can write disk");
        let without = |word: &str| {
            let lines = text.lines().filter(|line| !line.starts_with(word));
            lines.map(|line| format!("{line}\n")).collect::<String>()
        };
        assert_eq!(verdicts(&without("closed"), &builder), [false]);
        let lie = text.replace("from object app.thread", "from object server.thread");
        assert_ne!(lie, text);
        assert_eq!(verdicts(&lie, &builder), [false]);
        let model = System::new(&builder.model);
        let mistake = |text: &str| read(text, &model).expect_err("no certificate");
        assert_eq!(mistake("").line, 1);
        assert_eq!(mistake(&without("claim")).message, "`relation` is of no claim");
        let line = text.lines().count() + 1;
        let unknown = mistake(&(text.clone() + "closed object nobody\n"));
        assert_eq!(unknown, Mistake { line, message: "the layout has no `object nobody`".into() });
    }

    #[test]
    fn a_claim_is_not_believed_because_a_file_makes_it() {
        let mut builder = system();
        let text = recorded(&builder, "who can write disk");
        let asked = |text: &str, builder: &Builder| {
            let system = System::new(&builder.model);
            read(text, &system).expect("a certificate").expect_asked(&system).is_ok()
        };
        assert!(asked(&text, &builder));
        let without = |line: &str| {
            assert!(text.contains(line), "{line}");
            text.replacen(line, "", 1)
        };
        assert!(!asked(&without("from object other.thread\n"), &builder), "fewer beginnings");
        assert!(!asked(&without("nobody else"), &builder), "other words");
        let more = text.clone() + "to behind app.thread\n";
        assert!(!asked(&more, &builder), "more ends");
        let another = text.replace("question who can write disk", "question who can read disk");
        assert!(!asked(&another, &builder), "another question");
        builder.component("more");
        assert!(!asked(&text, &builder), "`more` is somebody else, too");
    }
}
