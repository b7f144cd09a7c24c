//! Differences that a reviewer wants to see.

use layout::object::Kind;
use layout::{Model, Rights};

use super::{Difference, show};
use crate::authority::System;
use crate::testing::Builder;

fn base() -> Builder {
    let mut system = Builder::default();
    let (linux, net) = (system.component("linux"), system.component("net"));
    let net_dma = system.memory("net_dma", &[]);
    system.share(net, net_dma, Rights::READ_WRITE);
    system.share(linux, net_dma, Rights::READ);
    system.call(linux, net);
    system
}

fn compare(before: &Model, after: &Model) -> Difference {
    let (one, other) = (System::new(before), System::new(after));
    let unknown = |model: &Model| vec![None; model.objects.len()];
    Difference::between((&one, &unknown(before)), (&other, &unknown(after)))
}

#[test]
fn a_system_does_not_differ_from_itself_however_its_objects_are_ordered() {
    let (one, mut builder) = (base().model, Builder::default());
    // The same, in another order.
    let (net, linux) = (builder.component("net"), builder.component("linux"));
    let net_dma = builder.memory("net_dma", &[]);
    builder.share(linux, net_dma, Rights::READ);
    builder.share(net, net_dma, Rights::READ_WRITE);
    builder.call(linux, net);
    let difference = compare(&one, &builder.model);
    assert!(difference.is_empty(), "{difference:?}");
    assert_eq!(show::text(&difference), "no difference\n");
}

#[test]
fn new_authority_is_named() {
    let (before, mut after) = (base(), base());
    let linux = layout::names::ComponentId(0);
    let region = layout::names::RegionId(0);
    after.share(linux, region, Rights::READ_WRITE);
    let thread = after.model.components[1].thread.expect("built");
    after.give(linux, layout::cap::Cap::Thread(thread));
    let difference = compare(&before.model, &after.model);
    let text = show::text(&difference);
    let expected = [
        "+ linux can now control net",
        "+ linux can now map (rw-, cached) net_dma",
        "+ linux can now use thread net.thread",
        "+ linux can now write net_dma",
    ];
    assert_eq!(text.lines().collect::<Vec<_>>(), expected);
    let back = show::text(&compare(&after.model, &before.model));
    assert!(back.starts_with("- linux can no longer control net\n"), "{back}");
    let json = show::json(&difference).to_string();
    assert!(json.contains(r#"{"who": "linux", "access": "write", "what": "net_dma"}"#), "{json}");
}

#[test]
fn parameters_and_new_components_are_named() {
    let (before, mut after) = (base(), base());
    after.component("fs");
    let thread = after.model.components[0].thread.expect("built");
    if let Kind::Thread(thread) = &mut after.model[thread].kind {
        thread.priority = 7;
    }
    let text = show::text(&compare(&before.model, &after.model));
    assert!(text.contains("+ component fs is new\n"), "{text}");
    assert!(text.contains("~ linux: priority was 100, is 7\n"), "{text}");
}
