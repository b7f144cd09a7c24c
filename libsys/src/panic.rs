//! What a program does when it is wrong: says so and stops.

use core::panic::PanicInfo;

use crate::println;

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    println!("{info}");
    crate::stop()
}
