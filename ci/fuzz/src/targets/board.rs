//! The kernel's reading of the machine's device tree, which a boot loader passes.

use platform::board::{Board, Tree, tree_length};

use super::Target;

/// The target.
pub(super) const TARGET: Target = Target {
    name: "board",
    run,
    words: &[
        b"\xd0\x0d\xfe\xed",
        b"\0\0\0\x01",
        b"\0\0\0\x02",
        b"\0\0\0\x03",
        b"\0\0\0\x09",
        b"#address-cells\0",
        b"#size-cells\0",
        b"arm,gic-v3\0",
        b"arm,cortex-a15-gic\0",
        b"arm,psci-1.0\0",
        b"bootargs\0",
        b"tessera.cores=",
        b"tessera.root_cnode_bits=",
    ],
};

fn run(blob: &[u8]) {
    std::hint::black_box(tree_length(blob));
    if let Ok(tree) = Tree::read(blob) {
        std::hint::black_box((tree.uart(), tree.psci()));
    }
    if let Ok(mut board) = Board::parse(blob) {
        board.order_cores(1);
        board.fit_window();
        std::hint::black_box(board.window_start());
    }
}
