//! Random calls of the root task.

use std::format;
use std::string::String;
use std::vec::Vec;

use abi::buffer::{CAPS_OR_BADGES, word};
use abi::{MessageInfo, Syscall};
use model::{Message, Model, Outcome};
use platform::contract::{Platform, Trap};

use super::mirror;
use crate::sim::random::{Player, seeds};
use crate::sim::system::{Setup, System};

/// The message that the running thread has composed.
fn composed(system: &System) -> (u64, Message) {
    let thread = system.running();
    let registers = system.registers(thread);
    let info = MessageInfo(registers.x[1]);
    let buffer = system.ipc_buffer(thread, false);
    let at = |offset| buffer.map_or(0, |buffer| system.buffer_word(buffer, offset));
    let words = (0..info.length()).map(|index| match index {
        0..4 => registers.x[2 + index],
        _ => at(word(index)),
    });
    let caps = (0..info.extra_caps() as u64).map(|index| at(CAPS_OR_BADGES + 8 * index));
    let message = Message { label: info.label(), words: words.collect(), caps: caps.collect() };
    (registers.x[0], message)
}

/// Makes a call on both sides, and compares. How often it was answered, and with success.
fn call(player: &mut Player, model: &mut Model) -> Result<[u32; 2], String> {
    let system = &mut player.system;
    // An interrupt would preempt a long call, which the model does at once.
    if system.machine.interrupt_pending() {
        system.interrupt();
    }
    let thread = system.running();
    let caller = system.mem.address(thread).0;
    let (pointer, message) = composed(system);
    let answer = match model.call(caller, pointer, &message) {
        Outcome::Answer(answer) => answer,
        // Messages and faults are not the model's business yet.
        Outcome::Fault { .. } | Outcome::Sent => return Ok([0, 0]),
    };
    system.registers_mut(thread).x[7] = Syscall::Call.number();
    system.trap_registers();
    system.enter(Trap::SystemCall);
    let kernel = system.answer(thread);
    if kernel != answer {
        return Err(format!("{message:?} at {pointer:#x}:\n {kernel:?}\n {answer:?} in the model"));
    }
    let different = mirror::difference(system.kernel(), model);
    match different {
        Some(what) => Err(format!("after {message:x?} at {pointer:#x}, {answer:?}: {what}")),
        None => Ok([1, u32::from(answer.is_ok())]),
    }
}

fn play(seed: u64, setup: Setup, calls: u32) -> [u32; 2] {
    let mut player = Player::new(seed, setup, false);
    let mut model = mirror::of(&player.system);
    assert_eq!(mirror::difference(player.system.kernel(), &model), None, "at the start");
    player.system.checks = false;
    let mut made = Vec::new();
    for _ in 0..calls {
        player.compose_object_call();
        match call(&mut player, &mut model) {
            Ok(counts) => made.push(counts),
            Err(problem) => panic!("game {seed}, call {}: {problem}", made.len()),
        }
    }
    made.into_iter().fold([0, 0], |sum, one| [sum[0] + one[0], sum[1] + one[1]])
}

/// Enough of the calls succeed, or the games would say little about effects.
#[test]
fn the_kernel_does_what_the_model_says() {
    let mut sum = [0, 0];
    for seed in seeds(3) {
        let counts = play(seed, Setup::default(), 400);
        sum = [sum[0] + counts[0], sum[1] + counts[1]];
    }
    std::println!("{} calls compared with the model, {} of them successful", sum[0], sum[1]);
    assert!(sum[0] >= 800 && sum[1] * 3 >= sum[0], "{sum:?}");
}
