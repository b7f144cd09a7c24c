//! Questions about a small system.

use layout::Rights;
use layout::cap::Cap;

use super::{answer, parse, show};
use crate::Sources;
use crate::authority::System;
use crate::testing::Builder;

fn system() -> Builder {
    let mut system = Builder::default();
    let (app, disk) = (system.component("app"), system.component("disk"));
    let (clock, root) = (system.component("clock"), system.component("root"));
    let controller = system.device("controller", 0x0a00_0000, false);
    let buffer = system.memory("buffer", &[controller]);
    system.share(disk, controller, Rights::READ_WRITE);
    system.share(disk, buffer, Rights::READ_WRITE);
    system.share(app, buffer, Rights::READ);
    system.call(app, disk);
    system.signal(clock, app);
    let thread = system.model[disk].thread.expect("built");
    system.give(root, Cap::Thread(thread));
    system.give(root, Cap::IrqControl);
    system
}

fn ask(question: &str) -> String {
    let model = system().model;
    let system = System::new(&model);
    match parse(question, &system) {
        Ok(asked) => {
            let answer = answer(&system, &asked).expect("proofs pass their checks");
            show::text(&answer, &system, &Sources::default())
        }
        Err(mistake) => mistake.render(question),
    }
}

#[test]
fn who_can_is_answered_with_ways_and_a_proof() {
    let text = ask("who can write buffer?");
    assert!(text.starts_with("disk\n  1. disk writes buffer (buffer.0)\nroot\n"), "{text}");
    assert!(text.contains("  1. root controls disk\n  2. disk writes buffer"), "{text}");
    assert!(text.contains("nobody else can write buffer (proof: a closed set of "), "{text}");
    assert!(ask("who can read buffer").contains("app can read buffer"));
    assert!(ask("who can call disk").contains("app calls app_to_disk"));
    let text = ask("who can signal app");
    assert!(text.contains("clock signals clock_wakes_app\nnobody else"), "{text}");
    assert!(ask("who holds irq_control").starts_with("root\n"));
    assert!(ask("who holds smc").starts_with("nobody holds smc"));
}

#[test]
fn paths_go_one_way_and_trusted_parties_let_nothing_through() {
    let text = ask("path clock to disk");
    let steps = "  1. clock signals clock_wakes_app\n  2. clock_wakes_app wakes app\n";
    assert!(text.contains(steps), "{text}");
    assert!(text.contains("share the time of core 0"), "{text}");
    assert!(ask("path disk -> clock").starts_with("nothing flows from disk to clock (proof:"));
    let trusting = ask("path clock to disk trusting app, root");
    assert!(trusting.starts_with("nothing flows from clock to disk (proof:"), "{trusting}");
    assert!(ask("path component clock to object buffer.0").starts_with("clock can affect"));
}

#[test]
fn a_compromised_component_controls_reads_and_affects() {
    let text = ask("what if root is compromised");
    for finding in
        ["controls disk\n", "can write buffer\n", "can read controller\n", "can affect app\n"]
    {
        assert!(text.contains(finding), "{finding} in {text}");
    }
    assert!(text.contains("can hold irq_control"), "{text}");
    assert!(text.contains("root cannot affect anybody else"), "{text}");
}

#[test]
fn mistakes_name_their_place_and_the_nearest_name() {
    assert_eq!(
        ask("who can write bufer"),
        "error: there is no component, region or object `bufer` (column 15)
  who can write bufer
                ^^^^^
help: did you mean `buffer`?
"
    );
    assert!(ask("who cna write x").contains("expected `can` or `holds`, not `cna` (column 5)"));
    assert!(ask("path app").contains("expected `to` or `->` at the end (column 9)"));
    assert!(ask("what if buffer is compromised").contains("there is no component `buffer`"));
    assert!(ask("who can call buffer").contains("`buffer` has nothing that one could call"));
    assert!(ask("path app to disk trsting root").contains("write `trusting`"));
    assert!(ask("path app to disk trusting_dma buffer").contains("there is no device `buffer`"));
    assert!(ask("").contains("expected `who` or `path` or `what` at the end (column 1)"));
}

proptest::proptest! {
    #[test]
    fn any_text_is_a_question_or_has_a_mistake_that_can_be_shown(text: String) {
        let model = system().model;
        if let Err(mistake) = parse(&text, &System::new(&model)) {
            proptest::prop_assert!(mistake.render(&text).starts_with("error: "));
        }
    }

    #[test]
    fn any_words_of_questions_are_read(
        words in proptest::collection::vec(proptest::sample::select(vec![
            "who", "can", "holds", "path", "what", "if", "is", "compromised", "to", "->",
            "write", "read", "trusting", "trusting_dma", ",", "app", "\"disk", "buffer",
            "component", "?", "ä",
        ]), 0..10),
    ) {
        let text = words.join(" ");
        let model = system().model;
        let system = System::new(&model);
        match parse(&text, &system) {
            Ok(asked) => proptest::prop_assert!(answer(&system, &asked).is_ok()),
            Err(mistake) => {
                proptest::prop_assert!(mistake.render(&text).starts_with("error: "));
            }
        }
    }
}
