//! abi.md §9: the user context.

use crate::framework::prelude::*;

/// The tests.
pub const TESTS: &[Test] = &[
    test!(words_are_the_registers_of_the_document),
    test!(a_thread_sees_what_was_written),
    test!(what_a_thread_wrote_is_read),
    test!(the_read_only_thread_register_is_the_last_word),
];

/// Where the document puts x0 to x30 in the 36 words: "3-11 x0-x8, 12 x16, 13 x17, 14 x18, 15 x29,
/// 16 x30, then 17-23 x9-x15, 24-33 x19-x28".
const PLACES: [usize; 31] = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 17, 18, 19, 20, 21, 22, 23, 12, 13, 14, 24, 25, 26, 27, 28, 29,
    30, 31, 32, 33, 15, 16,
];

/// "0 pc, 1 sp, 2 spsr, (…) 34 tpidr_el0, 35 tpidrro_el0": the order that the library's table has
/// is that of the document.
fn words_are_the_registers_of_the_document(_: &mut World) -> Outcome {
    let context = UserContext::from_words(|index| index as u64);
    for (number, place) in (0..).zip(PLACES) {
        check_eq!(context.register(Register::X(number)), place as u64);
    }
    let others = [Register::Pc, Register::Sp, Register::Spsr, Register::Tpidr, Register::Tpidrro];
    check_eq!(others.map(|register| context.register(register)), [0, 1, 2, 34, 35]);
    PASSED
}

/// WriteRegisters: the thread stores its registers one by one into memory that it addresses with
/// x0, then its stack pointer, flags and thread-ID registers.
fn a_thread_sees_what_was_written(world: &mut World) -> Outcome {
    let mut instructions = heapless::Vec::<u32, 80>::new();
    for number in 1..31 {
        push(&mut instructions, code::store(number, 0))?;
        push(&mut instructions, code::add(0, 0, 8))?;
    }
    let specials = [
        code::add(1, 31, 0),
        code::mrs(2, code::register::NZCV),
        code::mrs(3, code::register::TPIDR),
        code::mrs(4, code::register::TPIDRRO),
        code::UDF,
    ];
    specials.into_iter().try_for_each(|word| push(&mut instructions, word))?;
    let bare = world.bare(&instructions)?;
    let data = world.window(1)?;
    let mut words: [u64; 36] =
        core::array::from_fn(|index| 0x9e37_79b9_7f4a_7c15 * (index as u64 + 1));
    (words[0], words[2], words[3]) = (bare.code, 0x6000_0000, data.address());
    bare.thread.write_first_registers(true, &words)?;
    bare.fault();
    for (number, place) in (0..).zip(PLACES).skip(1) {
        check_eq!((number, data.read_word(8 * (number - 1))), (number, words[place]));
    }
    let found = bare.read()?;
    let specials = [1, 2, 3, 4].map(|number| found.register(Register::X(number)));
    check_eq!(specials, [words[1], words[2], words[34], words[35]]);
    PASSED
}

/// ReadRegisters: the thread loads its registers from memory.
fn what_a_thread_wrote_is_read(world: &mut World) -> Outcome {
    let mut instructions = heapless::Vec::<u32, 80>::new();
    for number in 1..31 {
        push(&mut instructions, code::load(number, 0))?;
        push(&mut instructions, code::add(0, 0, 8))?;
    }
    let specials = [
        code::add(31, 1, 0),
        code::msr(code::register::TPIDR, 2),
        code::msr(code::register::NZCV, 3),
        code::UDF,
    ];
    specials.into_iter().try_for_each(|word| push(&mut instructions, word))?;
    let bare = world.bare(&instructions)?;
    let data = world.window(1)?;
    for index in 0..30 {
        data.write_word(8 * index, 0x5000_0000_3000_0000 + (index << 28));
    }
    bare.run(&bare.with_arguments(&[data.address()]))?;
    let mut words = [0; 36];
    words.copy_from_slice(bare.thread.read_registers(false, 36)?.words());
    let value = |number: u64| 0x5000_0000_3000_0000 + ((number - 1) << 28);
    for (number, place) in (0..).zip(PLACES).skip(1) {
        check_eq!((number, words[place]), (number, value(number)));
    }
    let last = bare.code + 4 * (instructions.len() as u64 - 1);
    check_eq!((words[0], words[1], words[34]), (last, value(1), value(2)));
    check_eq!(words[2] & 0xf000_0000, value(3) & 0xf000_0000);
    PASSED
}

/// "35 tpidrro_el0": EL0 may read it only.
fn the_read_only_thread_register_is_the_last_word(world: &mut World) -> Outcome {
    let bare = world.bare(&[code::msr(code::register::TPIDRRO, 0), code::UDF])?;
    let found = bare.run(&bare.registers())?;
    check_eq!((found.info.label(), found.word(0)), (abi::fault::USER_EXCEPTION, bare.code));
    PASSED
}

fn push(instructions: &mut heapless::Vec<u32, 80>, word: u32) -> Outcome {
    check!(instructions.push(word).is_ok());
    PASSED
}
