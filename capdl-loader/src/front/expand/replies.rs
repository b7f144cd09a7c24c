//! What holds callers until they are answered.

use abi::directory::Kind as Entry;
use layout::Rights;
use layout::cap::Cap;
use layout::object::Kind;
use layout::span::Span;

use super::Expander;
use crate::Diagnostic;
use crate::code::Code;

/// Answers that a component may owe at the same time.
const MOST: u64 = 1024;

impl Expander<'_> {
    /// Gives a component its reply objects: the first without a name, others by their numbers.
    /// Answers carry capabilities only where the layout says so, or every client could come to
    /// have what its server has.
    pub(super) fn replies(&mut self, draft: usize, span: Span) {
        let spec = self.drafts[draft].spec;
        let (name, count) = (&spec.name, spec.value.replies);
        if !(1..=MOST).contains(&count.value) {
            let message = format!("`{name}` cannot owe {} answers", count.value);
            let help = format!("1 to {MOST}; whoever calls beyond waits in the kernel");
            let wrong = Diagnostic::error(Code::PARAMETER, message).at(count.span, "this number");
            self.report.push(wrong.help(help));
            return;
        }
        let rights = if spec.value.answers_grant { Rights::ALL } else { Rights::NONE };
        for number in 0..count.value {
            let (object, called) = match number {
                0 => (format!("{name}/reply"), String::new()),
                _ => (format!("{name}/reply.{number}"), number.to_string()),
            };
            let object = self.add(Some(draft), object, Kind::Reply, span);
            let cap = Cap::Reply { object, rights };
            self.hold(draft, Entry::Reply, called, cap, span);
        }
    }
}
