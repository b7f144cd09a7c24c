//! Questions, assertions and pictures of the example of a whole system.

use std::path::Path;

use crate::authority::System;
use crate::authority::assertion;
use crate::code::Code;
use crate::draw::{boxes, channels, memory};
use crate::front::{Input, Loaded, load};
use crate::question::{answer, parse, show};
use crate::{Diagnostic, Severity};

/// The example; its programs need not exist.
fn linuxbox() -> Loaded {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let input = Input { file: folder.join("linuxbox.layout.toml"), ..Input::default() };
    let mut loaded = load(&input);
    loaded.report.retain(|found| found.code != Code::FILE);
    assert!(!loaded.report.has_errors(), "{}", loaded.report.render(&loaded.sources));
    loaded
}

fn ask(loaded: &Loaded, question: &str) -> String {
    let system = System::new(&loaded.model);
    let asked = parse(question, &system).map_err(|mistake| mistake.render(question));
    let answer = answer(&system, &asked.expect("a question")).expect("proofs pass their checks");
    show::text(&answer, &system, &loaded.sources)
}

#[test]
fn the_assertions_of_the_example_hold() {
    let loaded = linuxbox();
    assert_eq!(loaded.model.assertions.len(), 3);
    let report = assertion::check(&loaded.model);
    assert!(!report.has_errors(), "{}", report.render(&loaded.sources));
}

#[test]
fn without_trust_the_control_component_is_not_isolated() {
    let mut loaded = linuxbox();
    for assertion in &mut loaded.model.assertions {
        if let layout::policy::Claim::Isolated { trusting_devices, .. } = &mut assertion.claim {
            trusting_devices.clear();
        }
    }
    let report = assertion::check(&loaded.model);
    let errors = report.iter().filter(|found| found.severity == Severity::Error);
    let errors: Vec<&Diagnostic> = errors.collect();
    assert!(!errors.is_empty());
    for error in errors {
        assert_eq!(error.code, Code::ASSERTION);
        assert!(error.labels.len() > 2, "the way is shown line by line");
        let help = error.help.as_deref().unwrap_or_default();
        assert!(help.contains("trusting_dma = ["), "{help}");
    }
}

#[test]
fn answers_name_components_regions_and_lines() {
    let loaded = linuxbox();
    let text = ask(&loaded, "who can write net_queue trusting_dma vblk0, vnet0");
    for line in ["linux\n", "net\n", "root\n", "linux writes net_queue", "linuxbox.layout.toml:"] {
        assert!(text.contains(line), "{line} in {text}");
    }
    assert!(!text.contains("uart\n"), "{text}");
    let text = ask(&loaded, "path linux to ctl trusting root trusting_dma vblk0, vnet0");
    assert!(text.starts_with("nothing flows from linux to ctl (proof: "), "{text}");
    let text = ask(&loaded, "what if uart is compromised");
    assert!(text.contains("can write uart0"), "{text}");
    assert!(text.contains("uart cannot come to control anybody else"), "{text}");
}

#[test]
fn pictures_show_channels_and_regions() {
    let loaded = linuxbox();
    let system = System::new(&loaded.model);
    let svg = boxes::svg(&channels::diagram(&system));
    for arrow in ["fs to blk, call", "linux to net, call", "net to linux, signal"] {
        assert!(svg.contains(arrow), "{arrow}");
    }
    let svg = boxes::svg(&memory::diagram(&system));
    for arrow in ["blk to blk_dma, write", "vblk0 to blk_dma, dma", "root to ctl_box, read"] {
        assert!(svg.contains(arrow), "{arrow}");
    }
}
