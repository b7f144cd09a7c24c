//! What is written is read again as the same system.

mod random;
mod spans;

use layout::cap::{Cap, Entry};
use layout::memory::{Frame, FrameSize, Position};
use layout::names::{Pool, PoolKind, PoolMemory};
use layout::object::{CNode, Kind, Object};
use layout::policy::{Assertion, Claim, Control};
use layout::span::{FileId, Spanned};
use layout::thread::{Role, RoleEntry, SchedContext, Thread};
use layout::{Model, ObjectId, Rights, Span};
use proptest::prelude::*;

use super::write;
use crate::Report;
use crate::front::cdl::read;
use spans::without;

/// The model that a model's text describes, without places.
fn through_text(model: &Model) -> Model {
    let (text, report) = write(model);
    let errors = report.iter().map(|found| found.message.clone()).collect::<Vec<_>>();
    assert!(!report.has_errors(), "{errors:?}");
    let (again, report) = read(&model.name, &text, FileId(0));
    let errors = report.iter().map(|found| found.message.clone()).collect::<Vec<_>>();
    assert!(errors.is_empty(), "{errors:?}\n{text}");
    without(again)
}

#[test]
fn a_generated_system_survives() {
    let mut model = crate::generate::system(150);
    model.components.clear();
    for object in &mut model.objects {
        object.owner = None;
    }
    for content in &mut model.contents {
        content.bytes = None;
    }
    // What differs would be megabytes.
    assert!(through_text(&model) == without(model));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_can_be_written_survives(words in prop::collection::vec(any::<u64>(), 0..400)) {
        let model = random::model(&words);
        prop_assert_eq!(through_text(&model), without(model));
    }
}

#[test]
fn names_that_are_no_identifiers_are_replaced() {
    let mut model = Model::named("names");
    for name in ["a b", "a_b", "domain", "7", "f[0]", "f[1]", "f[3]", "f"] {
        model.add(Object::new(name, Kind::Endpoint, Span::NOWHERE));
    }
    let (text, report) = write(&model);
    assert!(!report.has_errors());
    assert!(
        report.iter().any(|found| found.message.starts_with("6 objects get other names")),
        "{text}"
    );
    let (again, report) = read("names", &text, FileId(0));
    assert_eq!(report.iter().count(), 0, "{text}");
    assert_eq!(again.objects.len(), model.objects.len());
    assert!(text.contains("f[2] = ep"), "{text}");
}

fn with(kinds: impl IntoIterator<Item = Kind>) -> Model {
    let mut model = Model::named("facts");
    for (kind, index) in kinds.into_iter().zip(0..) {
        model.add(Object::new(format!("o{index}"), kind, Span::NOWHERE));
    }
    model
}

fn context() -> SchedContext {
    let budget = Some(Spanned { value: 100, span: Span::NOWHERE });
    let (bits, period, core, extra_refills, data) = (8, 1000, 0, 0, 0);
    SchedContext { bits, budget, period, core, extra_refills, is_sporadic: false, data }
}

/// Whether exactly these facts are told, in any order, and make it another system.
fn loses(model: &Model, facts: &[&str]) {
    assert!(tells(model, facts).has_errors(), "{facts:?}");
}

/// Whether exactly these facts are told, in any order.
fn tells(model: &Model, facts: &[&str]) -> Report {
    let (_, report) = write(model);
    let told: Vec<String> = report.iter().map(|found| found.message.clone()).collect();
    assert_eq!(told.len(), facts.len(), "{told:?}");
    for fact in facts {
        assert!(told.iter().any(|told| told == fact), "no {fact:?} in {told:?}");
    }
    report
}

#[test]
fn every_fact_that_is_lost_is_told() {
    let odd = SchedContext { core: 2, extra_refills: 3, is_sporadic: true, ..context() };
    let facts = [
        "the extra refills of `o0`",
        "that `o0` is sporadic",
        "the core of `o0`, which no thread has",
    ];
    loses(&with([Kind::SchedContext(odd)]), &facts);
    let position = Position::InGroup { group: 1, offset: 0 };
    let frame = Frame { size: FrameSize::Small, position, fills: Vec::new() };
    loses(&with([Kind::Frame(frame)]), &["that `o0` is part of contiguous memory"]);
    let thread = Thread { stack: 8, thread_pointer: 1, ..Thread::default() };
    let facts = [
        "the thread pointer of the thread `o0`",
        "the stack and the priorities without an entry point of the thread `o0`",
    ];
    loses(&with([Kind::Thread(Box::new(thread))]), &facts);
}

#[test]
fn capabilities_that_cannot_be_written_are_told() {
    let object = ObjectId(1);
    let cap = |badge| Cap::Endpoint { object, rights: Rights::WRITE, badge };
    let slots = vec![Entry { slot: 0, cap: cap(Some(0)), span: Span::NOWHERE }];
    let model = with([Kind::CNode(CNode { bits: 2, slots }), Kind::Endpoint]);
    loses(&model, &["the badge 0: there it is no badge"]);
    let role = Role::TimeoutHandler;
    let roles = vec![RoleEntry { role, cap: cap(Some(3)), span: Span::NOWHERE }];
    let thread = Thread { roles, ..Thread::default() };
    let model = with([Kind::Thread(Box::new(thread)), Kind::Endpoint]);
    loses(&model, &["the badge of the timeout handler of `o0`"]);
}

#[test]
fn what_is_no_object_is_told() {
    let mut model = crate::generate::system(1);
    let owner = layout::names::ComponentId(0);
    model.pools.push(Pool {
        name: "p".into(),
        span: Span::NOWHERE,
        owner,
        most: 3,
        kind: PoolKind::Threads,
        max_priority: 4,
        memory: PoolMemory::Shared(ObjectId(0)),
        times: Vec::new(),
    });
    model.policy.max_utilisation = Some(Spanned { value: 900, span: Span::NOWHERE });
    let claim = Claim::NeverHolds { who: vec![owner], controls: vec![Control::Irq] };
    model.assertions.push(Assertion { span: Span::NOWHERE, claim });
    let endpoint = model.add(Object::new("boss", Kind::Endpoint, Span::NOWHERE));
    model.supervisor = Some(endpoint);
    let facts = [
        "the names of 1 components are not written",
        "the pool `p`: it says what its owner has, and not why",
        "1 claims about this system, to be proven",
        "what the checks of this system are told to keep to",
        "that the loader receives at `boss`: another one has to, or who prints there or fails \
         waits for ever",
    ];
    assert!(!tells(&model, &facts).has_errors(), "the objects are the same");
}

#[test]
fn answers_without_capabilities_are_told() {
    let reply = |rights| {
        let cap = Cap::Reply { object: ObjectId(1), rights };
        let slots = vec![Entry { slot: 0, cap, span: Span::NOWHERE }];
        with([Kind::CNode(CNode { bits: 2, slots }), Kind::Reply])
    };
    loses(&reply(Rights::WRITE), &["that answers of `o1` carry no capabilities"]);
    assert!(!tells(&reply(Rights::GRANT), &[]).has_errors());
    assert!(!tells(&reply(Rights::ALL), &[]).has_errors());
}
