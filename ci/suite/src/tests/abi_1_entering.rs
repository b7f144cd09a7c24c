//! abi.md §1: entering the kernel.

use crate::framework::prelude::*;

/// The tests.
pub const TESTS: &[Test] = &[test!(a_failed_poll_writes_only_x0)];

/// "A failed poll (NBRecv/NBWait with nothing pending) writes x0=0 and nothing else."
fn a_failed_poll_writes_only_x0(world: &mut World) -> Outcome {
    let endpoint = world.create::<Endpoint>()?;
    let reply = world.create::<Reply>()?;
    for number in [Syscall::NBRecv, Syscall::NBWait] {
        let x = [endpoint.pointer(), 11, 12, 13, 14, 15, reply.pointer(), number.number(), 18];
        let after = RawRegisters { x }.svc();
        check_eq!(after.x, [0, 11, 12, 13, 14, 15, x[6], x[7], 18]);
    }
    PASSED
}
