//! Cores of threads.
//!
//! In the other formats a thread has a core; with MCS its scheduling context has one.

use std::collections::HashMap;

use layout::object::Kind;
use layout::thread::Role;
use layout::{Model, ObjectId, Span};

use super::problems::Problems;
use crate::code::Code;

/// The cores that were written at threads.
#[derive(Debug, Default)]
pub(super) struct Affinities(Vec<(ObjectId, u64, Span)>);

impl Affinities {
    /// Notes what is written at a thread.
    pub(super) fn add(&mut self, thread: ObjectId, core: u64, span: Span) {
        self.0.push((thread, core, span));
    }

    /// Gives each scheduling context the core of its threads.
    pub(super) fn settle(self, model: &mut Model, problems: &mut Problems) {
        let mut given: HashMap<ObjectId, u64> = HashMap::new();
        for (thread, core, span) in self.0 {
            match context_of(model, thread) {
                Some(context) if *given.entry(context).or_insert(core) != core => {
                    let help = "give the threads one affinity, or a context each";
                    let message = "threads of one scheduling context have different cores";
                    problems.oddity(Code::QUIRK, span, message, help);
                }
                None if core != 0 => {
                    let help = "with MCS a thread runs on the core of its scheduling context";
                    let message = "the affinity of a thread without scheduling context";
                    problems.oddity(Code::QUIRK, span, message, help);
                }
                _ => {}
            }
        }
        for (context, core) in given {
            if let Kind::SchedContext(context) = &mut model[context].kind {
                context.core = core;
            }
        }
    }
}

/// The scheduling context of a thread.
fn context_of(model: &Model, thread: ObjectId) -> Option<ObjectId> {
    let Kind::Thread(thread) = &model[thread].kind else { return None };
    let context = thread.role(Role::SchedContext)?.cap.object()?;
    matches!(model[context].kind, Kind::SchedContext(_)).then_some(context)
}
