//! What a program does next: concrete, so that it can be repeated, cut and printed.

use std::fmt;

use abi::{MessageInfo, Syscall};
use kernel::simulation::Way;

/// A message in registers and buffer.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Letter {
    /// Its label.
    pub label: u64,
    /// Its words.
    pub words: Vec<u64>,
    /// Pointers to its capabilities, three at most.
    pub caps: Vec<u64>,
}

impl Letter {
    /// The word that says so.
    #[must_use]
    pub fn info(&self) -> MessageInfo {
        MessageInfo::new(self.label, self.caps.len(), self.words.len())
    }
}

/// A system call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SystemCall {
    /// x7.
    pub number: u64,
    /// x0, x6, x8.
    pub pointers: [u64; 3],
    /// The message that goes along.
    pub letter: Letter,
    /// Where capabilities are to arrive: CNode, index, depth.
    pub offer: Option<[u64; 3]>,
    /// The way through the kernel.
    pub way: Way,
}

/// Something that the running thread does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// It executes `svc`.
    Call(SystemCall),
    /// Another instruction traps: class of the exception and address.
    Exception {
        /// Exception class (Arm ARM D17.2.37).
        class: u64,
        /// The address that was accessed.
        address: u64,
        /// The way through the kernel.
        way: Way,
    },
    /// Nobody runs: somebody outside resumes this thread.
    Resume(u64),
}

impl SystemCall {
    /// A call of a capability, with a message.
    #[must_use]
    pub fn new(call: Syscall, pointer: u64, letter: Letter) -> Self {
        let pointers = [pointer, 0, 0];
        Self { number: call.number(), pointers, letter, offer: None, way: Way::General }
    }
}

/// As Rust code.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(SystemCall { number, pointers, letter, offer, way }) => {
                let number = match Syscall::from_number(*number) {
                    Some(call) => format!("Syscall::{call:?}.number()"),
                    None => format!("{number:#x}"),
                };
                let Letter { label, words, caps } = letter;
                let label = match abi::Invocation::from_label(*label) {
                    Some(known) => format!("Invocation::{known:?}.label()"),
                    None => format!("{label:#x}"),
                };
                let offer = offer.map_or("None".into(), |offer| format!("Some({})", hex(&offer)));
                write!(f, "Step::Call(SystemCall {{ number: {number}, ")?;
                write!(f, "pointers: {}, letter: Letter {{ label: {label}, ", hex(pointers))?;
                write!(f, "words: vec!{}, caps: vec!{} }}, ", hex(words), hex(caps))?;
                write!(f, "offer: {offer}, way: Way::{way:?} }})")
            }
            Self::Resume(thread) => write!(f, "Step::Resume({thread:#x})"),
            Self::Exception { class, address, way } => {
                let fields = format!("class: {class:#x}, address: {address:#x}, way: Way::{way:?}");
                write!(f, "Step::Exception {{ {fields} }}")
            }
        }
    }
}

/// Words as the inside of an array.
fn hex(words: &[u64]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("{word:#x}")).collect();
    format!("[{}]", words.join(", "))
}
