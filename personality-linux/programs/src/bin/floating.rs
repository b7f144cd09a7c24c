//! Keeps secrets in the registers of floating point, and looks whether they are still there behind
//! a call: for the parent and the child of `fork`, and behind the handler of a signal.
#![allow(unsafe_code, reason = "the registers are only reachable so")]

use std::arch::asm;

/// `clone`, `wait4`, `kill`, `exit_group`, `getpid` (of arm64).
const CLONE: u64 = 220;
const WAIT4: u64 = 260;
const KILL: u64 = 129;
const GETPID: u64 = 172;
const EXIT_GROUP: u64 = 94;
const SIGCHLD: u64 = 17;
const SIGUSR1: i32 = 10;

/// All registers, in two halves each.
type Secrets = [[u64; 2]; 32];

unsafe extern "C" {
    /// `signal(2)` of the C library.
    fn signal(number: i32, handler: extern "C" fn(i32)) -> usize;
}

/// Makes a call with secrets in all registers; answers its result, and leaves in `secrets` what is
/// in the registers then.
fn call(number: u64, arguments: [u64; 4], secrets: &mut Secrets) -> u64 {
    let result;
    // SAFETY: all registers that change are named, memory is `secrets`; the calls made here change
    // no memory, but for `wait4`, which is given a place for the status or none.
    unsafe {
        asm!(
            "ldp q0, q1, [x20]", "ldp q2, q3, [x20, #32]", "ldp q4, q5, [x20, #64]",
            "ldp q6, q7, [x20, #96]", "ldp q8, q9, [x20, #128]", "ldp q10, q11, [x20, #160]",
            "ldp q12, q13, [x20, #192]", "ldp q14, q15, [x20, #224]", "ldp q16, q17, [x20, #256]",
            "ldp q18, q19, [x20, #288]", "ldp q20, q21, [x20, #320]", "ldp q22, q23, [x20, #352]",
            "ldp q24, q25, [x20, #384]", "ldp q26, q27, [x20, #416]", "ldp q28, q29, [x20, #448]",
            "ldp q30, q31, [x20, #480]",
            "svc #0",
            "stp q0, q1, [x20]", "stp q2, q3, [x20, #32]", "stp q4, q5, [x20, #64]",
            "stp q6, q7, [x20, #96]", "stp q8, q9, [x20, #128]", "stp q10, q11, [x20, #160]",
            "stp q12, q13, [x20, #192]", "stp q14, q15, [x20, #224]", "stp q16, q17, [x20, #256]",
            "stp q18, q19, [x20, #288]", "stp q20, q21, [x20, #320]", "stp q22, q23, [x20, #352]",
            "stp q24, q25, [x20, #384]", "stp q26, q27, [x20, #416]", "stp q28, q29, [x20, #448]",
            "stp q30, q31, [x20, #480]",
            inout("x20") secrets.as_mut_ptr() => _,
            in("x8") number,
            inout("x0") arguments[0] => result,
            in("x1") arguments[1],
            in("x2") arguments[2],
            in("x3") arguments[3],
            in("x4") 0_u64,
            out("v0") _, out("v1") _, out("v2") _, out("v3") _, out("v4") _, out("v5") _,
            out("v6") _, out("v7") _, out("v8") _, out("v9") _, out("v10") _, out("v11") _,
            out("v12") _, out("v13") _, out("v14") _, out("v15") _, out("v16") _, out("v17") _,
            out("v18") _, out("v19") _, out("v20") _, out("v21") _, out("v22") _, out("v23") _,
            out("v24") _, out("v25") _, out("v26") _, out("v27") _, out("v28") _, out("v29") _,
            out("v30") _, out("v31") _,
        );
    }
    result
}

/// Changes all registers.
extern "C" fn change_all(_: i32) {
    let mut others = [[1; 2]; 32];
    call(GETPID, [0; 4], &mut others);
}

fn main() {
    let secrets: Secrets =
        core::array::from_fn(|index| [0x5ec_0000 + index as u64, 0xfee_0000 + index as u64]);
    let told = |kept: bool| if kept { "kept" } else { "lost" };

    let mut now = secrets;
    let child = call(CLONE, [SIGCHLD, 0, 0, 0], &mut now);
    if child == 0 {
        println!("the child has {} them", told(now == secrets));
        call(EXIT_GROUP, [u64::from(now != secrets), 0, 0, 0], &mut now);
    }
    let mut waiting = secrets;
    call(WAIT4, [child, 0, 0, 0], &mut waiting);
    println!("the parent has {} them", told(now == secrets && waiting == secrets));

    // SAFETY: the handler uses no memory but its own.
    unsafe { signal(SIGUSR1, change_all) };
    let own = std::process::id().into();
    let mut now = secrets;
    call(KILL, [own, SIGUSR1 as u64, 0, 0], &mut now);
    println!("behind a handler they are {}", told(now == secrets));
}
