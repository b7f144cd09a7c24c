//! The runner finds every way in which a target can break, and says so.

use std::process::{Command, Output};

/// Runs a target that exists to be caught.
fn fuzz(target: &str) -> (Output, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fuzz"));
    command.args([target, "--seed", "5", "--runs", "400", "--limit", "1"]);
    let output = command.output().expect("starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output, text)
}

/// The bytes that are left of an input are those that matter.
fn is_caught(target: &str, reason: &str) {
    let (output, text) = fuzz(target);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains(&format!("fuzz::run(\"{target}\", b\"boom\")")), "{text}");
    assert!(text.contains(reason), "{text}");
    assert!(text.contains("of seed 5"), "{text}");
}

#[test]
fn a_panic_is_caught() {
    is_caught("bait-panic", "panicked at");
}

#[test]
fn an_overflown_stack_is_caught() {
    is_caught("bait-stack", "overflow");
}

#[test]
fn too_much_memory_is_caught() {
    is_caught("bait-memory", "memory allocation");
}

#[test]
fn a_hang_is_caught() {
    is_caught("bait-hang", "it took too long");
}

#[test]
fn a_good_target_passes() {
    let (output, text) = fuzz("bait-none");
    assert!(output.status.success(), "{text}");
    assert!(text.starts_with("bait-none: 400 executions (0 of the corpus)"), "{text}");
}

#[test]
fn an_unknown_target_is_named() {
    let (output, _) = fuzz("nothing");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no target `nothing`"));
}
