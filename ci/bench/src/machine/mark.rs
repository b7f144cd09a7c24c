//! Marks for the plugin: instructions that do nothing and carry a number.

/// Marks with a number known at compile time.
#[inline(always)]
pub(crate) fn mark<const NUMBER: u16>() {
    // SAFETY: writes the zero register, that is, does nothing.
    unsafe { core::arch::asm!("movz xzr, #{number}", number = const NUMBER) };
}

/// Marks the end of the scenario `number`, 1 to 32.
pub(crate) fn mark_number(number: u16) {
    macro_rules! one_of {
        ($($constant:literal)*) => {
            match number {
                $($constant => mark::<$constant>(),)*
                _ => mark::<0xfffe>(),
            }
        };
    }
    one_of!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32);
}
