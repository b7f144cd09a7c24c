//! The thundering herd: the budgets of many threads return at one instant, and a thread of higher
//! priority is to run then. (Mergendahl et al., RTAS 2022)

use core::time::Duration;

use abi::object::MIN_SCHED_CONTEXT_BITS;
use abi::registers::Register;
use abi::{ObjectType, Syscall};
use libsys::Cap;
use libsys::bootstrap::Allocator;
use libsys::object::{Budget, SchedControl, UserContext};

use super::population::{Member, enable, settle};
use crate::machine::stub::Stub;
use crate::machine::timer;
use crate::scenario::{Items, watch};
use crate::{Bench, Outcome};

/// Numbers of malicious threads.
const HERDS: [u64; 4] = [1, 10, 100, 1000];
/// Their priority.
const PRIORITY: u8 = 100;
/// What each may use before its budget is gone until all of them return.
const BUDGET: Duration = Duration::from_micros(50);
/// Ticks from the start to the instant at which budgets return: so many for each thread, which
/// has to be made meanwhile, and some more.
const TICKS_EACH: u64 = 1250;
const TICKS_MORE: u64 = 100_000;
/// Ticks before and behind that instant in which the important thread is watched.
const BEFORE: u64 = 5_000;
const BEHIND: u64 = 30_000;
/// Nanoseconds of a tick of the counter, under instruction counting.
const TICK: u64 = 16;

/// Measures how late the important thread is in front of herds of several sizes.
pub(crate) fn measure(bench: &mut Bench) -> Outcome {
    watch::open(&mut bench.system.allocator, bench.control)?;
    bench.watched = true;
    for count in HERDS {
        let bits = (count * 4096).next_power_of_two().ilog2().max(16);
        let mut own = bench.system.allocator.subset(bits, 2 * count + 8)?;
        let at = timer::now() + count * TICKS_EACH + TICKS_MORE;
        gather(&mut own, bench.control, count, at)?;
        let what = format_args!("be woken while budgets return among {count}");
        let wait = |until: u64| move || while timer::now() < until {};
        let thread = Items(count, "thread");
        bench.measure_from(what, thread, wait(at - BEFORE), wait(at + BEHIND));
        own.reclaim()?;
    }
    Ok(())
}

/// Makes threads without budget until the instant `at`.
fn gather(own: &mut Allocator, control: Cap<SchedControl>, count: u64, at: u64) -> Outcome {
    let threads = own.make(ObjectType::Thread, 0, count)?;
    let contexts = own.make(ObjectType::SchedContext, MIN_SCHED_CONTEXT_BITS, count)?;
    let yields = Syscall::Yield.number();
    let registers = UserContext::starting_at(Stub::Walker.address(), 0)
        .with(Register::X(7), yields)
        .with(Register::X(20), yields)
        .with(Register::X(22), yields);
    for (thread, context) in threads.zip(contexts) {
        let member = Member { thread: Cap::at(thread), context: Cap::at(context) };
        let left = Duration::from_nanos((at - timer::now()) * TICK);
        enable(member, control, PRIORITY, Budget::periodic(BUDGET, left))?;
        member.thread.write_registers(true, &registers)?;
        settle()?;
    }
    Ok(())
}
