//! Targets that break, to prove that the runner finds it.

use super::Target;

/// One for each way to break.
pub(super) const TARGETS: &[Target] = &[
    Target { name: "bait-panic", run: panics, words: &[b"boom"] },
    Target { name: "bait-stack", run: recurses, words: &[b"boom"] },
    Target { name: "bait-memory", run: grows, words: &[b"boom"] },
    Target { name: "bait-hang", run: hangs, words: &[b"boom"] },
    Target { name: "bait-none", run: |_| {}, words: &[] },
];

/// Whether the bytes are bad.
fn is_bad(bytes: &[u8]) -> bool {
    bytes.windows(4).any(|window| window == b"boom")
}

fn panics(bytes: &[u8]) {
    assert!(!is_bad(bytes), "boom");
}

fn recurses(bytes: &[u8]) {
    if is_bad(bytes) {
        std::hint::black_box(deep(0));
    }
}

/// Needs the stack after the call, so that the call is no jump.
fn deep(level: u64) -> u64 {
    let here = std::hint::black_box([level; 64]);
    if level == u64::MAX { 0 } else { deep(level + 1) + here[0] }
}

fn grows(bytes: &[u8]) {
    let mut kept = Vec::new();
    while is_bad(bytes) {
        kept.push(std::hint::black_box(vec![0_u8; 1 << 26]));
    }
}

fn hangs(bytes: &[u8]) {
    while is_bad(bytes) {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
}
