//! The front of our own format, from files to models.

use std::path::{Path, PathBuf};

use capdl::Report;
use capdl::authority::System;
use capdl::code::Code;
use capdl::front::explain::explain;
use capdl::front::{Input, Loaded, load, tree_of};
use capdl::question;
use capdl::verb::constants::{Language, constants};
use layout::object::Kind;

fn tests() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests")
}

fn input(name: &str) -> Input {
    Input { file: tests().join(name), ..Input::default() }
}

/// Reads one of the layouts beside this test. Its programs do not exist.
fn read(name: &str) -> Loaded {
    let mut loaded = load(&input(name));
    loaded.report.retain(|found| found.code != Code::FILE);
    assert!(!loaded.report.has_errors(), "{}", loaded.report.render(&loaded.sources));
    loaded
}

/// A layout in a text of its own.
fn read_text(name: &str, text: &str) -> Loaded {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join(format!("{name}.layout.toml"));
    std::fs::write(&file, text).expect("the folder for tests");
    load(&Input { file, ..Input::default() })
}

#[test]
fn the_example_of_a_linux_system_is_understood() {
    let model = read("linuxbox.layout.toml").model;
    assert_eq!((model.components.len(), model.channels.len()), (8, 8));
    assert_eq!((model.regions.len(), model.pools.len(), model.assertions.len()), (9, 1, 3));
    let irqs = model.objects.iter().filter(|object| matches!(object.kind, Kind::Irq(_)));
    assert_eq!(irqs.count(), 4);
}

#[test]
fn constants_do_not_need_programs() {
    let model = read("linuxbox.layout.toml").model;
    let rust = constants(&model, "fs", Language::Rust).expect("a component");
    assert!(rust.contains("pub const BLK: u64 = "), "{rust}");
    let c = constants(&model, "blk", Language::C).expect("a component");
    assert!(c.contains("#define REGION_BLK_DMA_BYTES 0x40000ul"), "{c}");
    assert_eq!(constants(&model, "nobody", Language::C), None);
}

#[test]
fn numbers_do_not_depend_on_the_order_of_the_text() {
    let component = |name: &str| {
        let time = "sched = { budget_us = 1, period_us = 2 }";
        format!("[component.{name}]\nimage = 'x'\nprio = 1\n{time}\n")
    };
    let channel = |from, to| format!("[[channel]]\ncall = {{ from = '{from}', to = '{to}' }}\n");
    let head = "layout = 1\nname = 'x'\nboard = 'qemu-virt-aarch64'\n";
    let parts =
        [component("a"), component("b"), component("c"), channel("a", "c"), channel("b", "c")];
    let text = |order: [usize; 5]| {
        order.into_iter().fold(head.to_string(), |text, part| text + &parts[part])
    };
    let one = read_text("order-one", &text([0, 1, 2, 3, 4])).model;
    let other = read_text("order-other", &text([4, 2, 3, 1, 0])).model;
    for component in ["a", "b", "c"] {
        let [one, other] = [&one, &other].map(|model| constants(model, component, Language::Rust));
        assert!(one.is_some());
        assert_eq!(one, other);
    }
}

#[test]
fn values_are_explained_with_their_places() {
    let (mut sources, mut report) = (Default::default(), Report::default());
    let overlay = tests().join("fixtures/L006-overlay.1.overlay.toml");
    let file = tests().join("fixtures/L006-overlay.layout.toml");
    let input = Input { file, overlays: vec![overlay], ..Input::default() };
    let tree = tree_of(&input, &mut sources, &mut report).expect("files");
    let text = explain("component.a.prio", &tree, &sources).expect("it is there");
    assert!(text.contains("L006-overlay.1.overlay.toml:3:8: 110"), "{text}");
    assert!(text.contains("replaces") && text.contains("0 to 255"), "{text}");
    let wrong = explain("component.a.pri", &tree, &sources).expect_err("no such key");
    assert!(wrong.contains("did you mean `prio`"), "{wrong}");
    let absent = explain("component.a.sched.core", &tree, &sources).expect("a key");
    assert!(absent.contains("not written") && absent.contains("it is 0"), "{absent}");
}

#[test]
fn bad_layouts_are_told_about_as_expected() {
    let folder = tests().join("fixtures");
    let files = std::fs::read_dir(&folder).expect("the folder").flatten().map(|file| file.path());
    let is_ours = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("");
        name.starts_with('L') && name.ends_with(".layout.toml")
    };
    let mut files: Vec<PathBuf> = files.filter(|path| is_ours(path)).collect();
    files.sort();
    assert!(files.len() > 10);
    for file in files {
        let name = file.to_str().expect("a name").trim_end_matches(".layout.toml").to_string();
        let overlays = (1..).map(|number| PathBuf::from(format!("{name}.{number}.overlay.toml")));
        let overlays = overlays.take_while(|path| path.is_file()).collect();
        let loaded = load(&Input { file, overlays, ..Input::default() });
        for found in loaded.report.iter() {
            assert!(found.help.is_some(), "{name}: {}", found.message);
        }
        let text = loaded.report.render(&loaded.sources);
        let text = text.replace(&format!("{}/", folder.display()), "");
        let code =
            &Path::new(&name).file_name().and_then(|name| name.to_str()).expect("a name")[..4];
        assert!(text.contains(&format!("[{code}]")), "{name}:\n{text}");
        let expected = PathBuf::from(format!("{name}.expected"));
        if std::env::var_os("CAPDL_RECORD").is_some() {
            std::fs::write(&expected, &text).expect("the folder");
        }
        let expected = std::fs::read_to_string(&expected).unwrap_or_default();
        assert_eq!(text, expected, "{name}");
    }
}

/// A client of a server, and who can write what only the server sees.
fn writers(answers_grant: bool) -> String {
    let component = |name: &str, more: &str| {
        let time = "{ budget_us = 1000, period_us = 10000 }";
        format!("[component.{name}]\nimage = \"none\"\nprio = 9\nsched = {time}\n{more}\n")
    };
    let server = format!("map = {{ page = \"rw\" }}\nanswers_grant = {answers_grant}");
    let text = format!(
        "layout = 1\nboard = \"qemu-virt-aarch64\"\n[region]\npage = {{ size = \"4K\" }}\n{}{}{}",
        component("server", &server),
        component("client", ""),
        "[[channel]]\ncall = { from = \"client\", to = \"server\" }\n",
    );
    let loaded = read_text(&format!("answers-{answers_grant}"), &text);
    let system = System::new(&loaded.model);
    let asked = question::parse("who can write page", &system).expect("a question");
    let answer = question::answer(&system, &asked).expect("a proof");
    question::show::text(&answer, &system, &loaded.sources)
}

#[test]
fn a_client_gets_what_its_server_has_only_if_answers_may_carry_it() {
    let [without, with] = [false, true].map(writers);
    assert!(without.starts_with("server\n") && !without.contains("client"), "{without}");
    assert!(with.contains("client\n") && with.contains("with an answer"), "{with}");
}
