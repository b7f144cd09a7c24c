//! Pictures of a small system.

use layout::Rights;
use layout::cap::Cap;
use layout::thread::Role;

use super::diagram::{Diagram, Tie};
use super::{authority, boxes, channels, crowd, dot, memory, physical, time};
use crate::authority::System;
use crate::promised::Promise;
use crate::report::ranges::fixed;
use crate::testing::Builder;

fn system() -> Builder {
    let mut system = Builder::default();
    let (app, driver) = (system.component("app"), system.component("driver"));
    let root = system.component("root & <co>");
    let disk = system.device("disk", 0x0a00_0000, true);
    let ring = system.memory("ring", &[disk]);
    system.share(driver, disk, Rights::READ_WRITE);
    system.share(driver, ring, Rights::READ_WRITE);
    system.share(app, ring, Rights::READ);
    system.call(app, driver);
    system.signal(driver, app);
    let thread = system.model[driver].thread.expect("built");
    system.give(root, Cap::Thread(thread));
    system.give(root, Cap::IrqControl);
    let object = system.endpoint("faults");
    let rights = Rights::WRITE.or(Rights::GRANT_REPLY);
    system.role(driver, Role::FaultHandler, Cap::Endpoint { object, rights, badge: Some(3) });
    system.give(root, Cap::Endpoint { object, rights: Rights::READ, badge: None });
    system
}

/// The arrows of a diagram in words.
fn arrows(diagram: &Diagram) -> Vec<String> {
    let name = |index: usize| &diagram.nodes[index].name;
    let links = diagram.links.iter();
    links.map(|l| format!("{} {} {}", name(l.from), l.tie.name(), name(l.to))).collect()
}

#[test]
fn channels_are_calls_signals_and_faults() {
    let model = system().model;
    let diagram = channels::diagram(&System::new(&model));
    assert_eq!(
        arrows(&diagram),
        ["app call driver", "driver signal app", "driver fault root & <co>"]
    );
}

#[test]
fn memory_is_who_sees_what() {
    let model = system().model;
    let diagram = memory::diagram(&System::new(&model));
    assert_eq!(
        arrows(&diagram),
        ["app read ring", "driver write disk", "driver write ring", "disk dma ring"]
    );
}

#[test]
fn authority_is_who_controls_what() {
    let model = system().model;
    let diagram = authority::diagram(&System::new(&model));
    assert_eq!(
        arrows(&diagram),
        [
            "root & <co> fault driver",
            "root & <co> control driver",
            "root & <co> control irq_control"
        ]
    );
}

/// Whether elements are closed in the order in which they were opened, and none is left open.
fn is_balanced(svg: &str) -> bool {
    let mut open = Vec::new();
    for tag in svg.split('<').skip(1) {
        let (inside, _) = tag.split_once('>').expect("a tag ends");
        let name = inside.split([' ', '/']).next().unwrap_or_default();
        if let Some(closed) = inside.strip_prefix('/') {
            if open.pop() != Some(closed) {
                return false;
            }
        } else if !inside.ends_with('/') {
            open.push(name);
        }
    }
    open.is_empty()
}

#[test]
fn pictures_are_well_formed_the_same_each_time_and_say_what_they_show() {
    let model = system().model;
    let asked = System::new(&model);
    let all = || {
        [
            boxes::svg(&channels::diagram(&asked)),
            boxes::svg(&memory::diagram(&asked)),
            boxes::svg(&authority::diagram(&asked)),
            physical::svg(&asked, &fixed(&model)),
            time::svg(&model),
        ]
    };
    for (svg, again) in all().iter().zip(&all()) {
        assert_eq!(svg, again);
        assert!(is_balanced(svg), "{svg}");
        for part in ["<title id=\"title\">", "<desc id=\"description\">", "role=\"img\"", "dark"] {
            assert!(svg.contains(part), "{part} in {svg}");
        }
        assert!(!svg.contains("root & <co>"), "not escaped: {svg}");
    }
    let channels = &all()[0];
    assert!(channels.contains("root &amp; &lt;co&gt;"));
    let text = "app to driver, call";
    assert!(channels.contains(text), "the description says it in words");
    assert_eq!(channels.matches("marker-end").count(), 3 + 3, "arrows and legend");
}

#[test]
fn graphviz_gets_the_same_arrows() {
    let model = system().model;
    let text = dot::dot(&memory::diagram(&System::new(&model)));
    assert!(text.starts_with("digraph layout {\n"), "{text}");
    assert_eq!(text.matches(" -> ").count(), 4);
    assert!(text.contains("n0 [shape=box, label=\"app\\npriority 100\"];"), "{text}");
}

#[test]
fn crowds_are_thinned_and_that_is_said() {
    let mut system = Builder::default();
    let hub = system.component("hub");
    for number in 0..crowd::MOST + 10 {
        let spoke = system.component(&format!("spoke{number}"));
        if number % 2 == 0 {
            system.call(spoke, hub);
        }
    }
    let diagram = crowd::thinned(channels::diagram(&System::new(&system.model)));
    assert_eq!(diagram.nodes.len(), crowd::MOST);
    assert_eq!(diagram.note.as_deref(), Some("11 boxes with fewer arrows are left out"));
    assert_eq!(diagram.links.len(), 65, "those with arrows stay");
    assert!(diagram.links.iter().all(|link| link.tie == Tie::Call));
}

#[test]
fn the_first_that_has_budget_runs() {
    let task = |priority, budget, period| Promise {
        to: "somebody".into(),
        owner: None,
        thread: None,
        core: 0,
        priority,
        budget,
        period,
        from_start: true,
        span: layout::Span::NOWHERE,
    };
    let pieces = time::run(&[task(9, 2, 5), task(5, 4, 10)], 10);
    let found: Vec<(usize, u64, u64)> =
        pieces.iter().map(|piece| (piece.task, piece.start, piece.end)).collect();
    assert_eq!(found, [(0, 0, 2), (1, 2, 5), (0, 5, 7), (1, 7, 8)]);
    let busy = time::run(&[task(9, 5, 5), task(5, 4, 10)], 10);
    assert!(busy.iter().all(|piece| piece.task == 0), "nothing is left for the other");
}

/// The numbers of an attribute.
fn numbers(svg: &str, attribute: &str) -> Vec<i64> {
    let begin = format!(" {attribute}=\"");
    svg.split(&begin).skip(1).filter_map(|rest| rest.split('"').next()?.parse().ok()).collect()
}

#[test]
fn much_memory_stands_in_columns_that_can_be_read_at_once() {
    for (count, columns) in [(1, 1), (20, 1), (40, 2), (100, 3), (200, 4), (1000, 5)] {
        let mut system = Builder::default();
        for number in 0..count {
            system.device(&format!("device{number}"), 0x0a00_0000 + number * 0x4000, false);
        }
        let model = system.model;
        let svg = physical::svg(&System::new(&model), &fixed(&model));
        let (width, height) = (numbers(&svg, "width")[0], numbers(&svg, "height")[0]);
        // Title and legend stand above and below.
        assert!(height <= 2 * width + 200, "{count} devices: {width} by {height}");
        let mut lefts: Vec<&str> = svg.split("<rect class=\"device box\" x=\"").skip(1).collect();
        lefts.iter_mut().for_each(|left| *left = left.split('"').next().unwrap_or_default());
        assert!(lefts.is_sorted_by_key(|left| left.parse::<i64>().ok()), "by address");
        lefts.dedup();
        assert_eq!(lefts.len(), columns, "{count} devices: {lefts:?}");
    }
}

#[test]
fn physical_memory_is_drawn_as_it_was_looked_at() {
    let mut system = system();
    for number in 0..30 {
        system.device(&format!("device{number}"), 0x0b00_0000 + number * 0x4000, false);
    }
    let model = system.model;
    let svg = physical::svg(&System::new(&model), &fixed(&model));
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pictures/physical.svg");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(golden, &svg).expect("written");
    }
    assert_eq!(svg, std::fs::read_to_string(golden).expect("readable"));
}
