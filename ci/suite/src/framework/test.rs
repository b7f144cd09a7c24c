//! What a test is.

use super::outcome::Outcome;
use super::world::World;

/// A named test.
pub struct Test {
    /// Module and function.
    pub module: &'static str,
    /// The function's name.
    pub name: &'static str,
    /// The function.
    pub run: fn(&mut World) -> Outcome,
}

/// An entry of a module's list of tests.
#[macro_export]
macro_rules! test {
    ($name:ident) => {
        $crate::framework::test::Test {
            module: module_path!(),
            name: stringify!($name),
            run: $name,
        }
    };
}
