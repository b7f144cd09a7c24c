//! What to do: the words of the module `faults`.
//!
//! | words | what |
//! |---|---|
//! | `seed N` | decides which faults, and when |
//! | `count N` | how many |
//! | `victim NAME` | the component; else the first that gives signs of life and is started again |
//! | `kinds A,B` | only faults of these classes |
//! | `terse` | reports of failures are short |

use crate::class::Class;

/// What to do.
#[derive(Clone, Copy)]
pub(crate) struct Orders {
    pub(crate) seed: u64,
    pub(crate) count: u64,
    pub(crate) victim: Option<&'static str>,
    /// Names of classes, with commas between them.
    kinds: Option<&'static str>,
    pub(crate) is_terse: bool,
}

impl Orders {
    /// From the text of the module.
    pub(crate) fn parse(text: &'static str) -> Self {
        let mut words = text.split_whitespace();
        let (victim, kinds, is_terse) = (None, None, false);
        let mut orders = Self { seed: 1, count: 100, victim, kinds, is_terse };
        let number = |word: Option<&str>| word.and_then(|word| word.parse().ok()).unwrap_or(1);
        while let Some(word) = words.next() {
            match word {
                "seed" => orders.seed = number(words.next()),
                "count" => orders.count = number(words.next()),
                "victim" => orders.victim = words.next(),
                "kinds" => orders.kinds = words.next(),
                "terse" => orders.is_terse = true,
                _ => {}
            }
        }
        orders
    }

    /// Whether faults of a class are wanted.
    pub(crate) fn want(&self, class: Class) -> bool {
        self.kinds.is_none_or(|kinds| kinds.split(',').any(|kind| kind == class.word()))
    }
}
