//! Questions about authority and data flow, as people ask them, and their answers.
//!
//! ```text
//! question  = who can ACCESS THING | who holds CONTROL | path THING to THING
//!           | what if COMPONENT is compromised
//! trust     = trusting COMPONENT {, COMPONENT} | trusting_dma DEVICE {, DEVICE}
//! asked     = question {trust} [?]
//! ACCESS    = read | write | call | signal
//! THING     = [component | region | object] NAME
//! CONTROL   = irq_control | asid_control | sched_control | domain | smc
//! ```
//!
//! A name is a word, or anything in double quotes. What is trusted lets nothing through.
//!
//! | module | what |
//! |---|---|
//! | [`parse`](mod@parse) | from words to a question |
//! | [`answer`](mod@answer) | from a question to an answer |
//! | [`show`] | an answer as text or JSON |
//! | [`record`] | what an answer proves, as a file that can be checked again |

pub mod answer;
pub mod parse;
pub mod record;
pub mod show;

pub use answer::{Answer, answer};
pub use parse::{Asked, Mistake, Question, parse};

#[cfg(test)]
mod linuxbox;
#[cfg(test)]
mod tests;
