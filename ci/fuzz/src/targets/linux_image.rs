//! Archives and programs that the Linux personality reads.

use linux::fake::{Fake, archive};
use linux::{Linux, Program};

use super::Target;

/// The target: an archive, and at the same time a program.
pub(super) const TARGET: Target = Target {
    name: "linux_image",
    run,
    words: &[
        b"070701",
        b"TRAILER!!!\0",
        b"00000000",
        b"#!/init\n",
        b"\x7fELF\x02\x01\x01\0",
        &[1, 0, 0, 0, 6, 0, 0, 0],
        &[3, 0, 0, 0, 4, 0, 0, 0],
        &[255; 8],
    ],
};

fn run(bytes: &[u8]) {
    let mut linux = Linux::new(Fake::new(200));
    let _ = linux.unpack(bytes);
    if linux.unpack(&archive("init", bytes)).is_err() {
        return;
    }
    let path = b"/init".to_vec();
    let arguments = vec![path.clone(), b"word".to_vec()];
    let program = Program { path, arguments, environment: vec![b"NAME=value".to_vec()] };
    let started = linux.start(program).is_ok();
    let machine = linux.machine();
    assert_eq!(machine.threads.len(), usize::from(started));
    assert_eq!(machine.spaces(), usize::from(started));
}
