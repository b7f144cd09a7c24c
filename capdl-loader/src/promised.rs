//! Time that is promised: to threads, to members of pools, and to the loader as supervisor.

use std::collections::HashSet;

use layout::names::ComponentId;
use layout::object::{Kind, Object};
use layout::supervision::{CLOCK, CORE, NURSING, Share};
use layout::thread::{Role, SchedContext, Thread};
use layout::{Model, ObjectId, Span};

/// A part of a core's time that somebody may take. Times are in microseconds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Promise {
    /// To whom.
    pub to: String,
    /// The component, if it is one's.
    pub owner: Option<ComponentId>,
    /// The thread, if it is one's.
    pub thread: Option<ObjectId>,
    /// The core.
    pub core: u64,
    /// The priority at which it is taken; of a pool's members the highest.
    pub priority: u64,
    /// So much ...
    pub budget: u64,
    /// ... in each of these.
    pub period: u64,
    /// Whether it is taken from the start.
    pub from_start: bool,
    /// Where the time is written.
    pub span: Span,
}

impl Promise {
    /// To whom, in one word if there is one: the main thread of a component goes by its name.
    #[must_use]
    pub fn name<'a>(&'a self, model: &'a Model) -> &'a str {
        match self.owner.map(|owner| &model[owner]) {
            Some(owner) if self.thread.is_some() && owner.thread == self.thread => &owner.name,
            _ => &self.to,
        }
    }
}

/// All promises of a system. Threads that share a scheduling context share one.
#[must_use]
pub fn all(model: &Model) -> Vec<Promise> {
    let mut seen = HashSet::new();
    let mut all: Vec<Promise> = model
        .objects()
        .filter_map(|(id, object)| match &object.kind {
            Kind::Thread(thread) => {
                let promise = of_thread(model, &mut seen, object, thread)?;
                Some(Promise { thread: Some(id), ..promise })
            }
            _ => None,
        })
        .collect();
    all.extend(members(model));
    all.extend(supervisor(model));
    all
}

fn of_thread(
    model: &Model,
    seen: &mut HashSet<ObjectId>,
    object: &Object,
    thread: &Thread,
) -> Option<Promise> {
    let id = thread.role(Role::SchedContext)?.cap.object()?;
    let Kind::SchedContext(context) = &model[id].kind else { return None };
    let promise = promise(object, context, thread.priority)?;
    // Of those that share one, the first that runs counts.
    let is_new = !thread.resumed || seen.insert(id);
    is_new.then_some(Promise { from_start: thread.resumed, ..promise })
}

/// What a scheduling context promises to an object.
fn promise(object: &Object, context: &SchedContext, priority: u64) -> Option<Promise> {
    let budget = context.budget?;
    let span = if budget.span == Span::NOWHERE { object.span } else { budget.span };
    Some(Promise {
        to: object.name.clone(),
        owner: object.owner,
        thread: None,
        core: context.core,
        priority,
        budget: budget.value,
        period: context.period,
        from_start: true,
        span,
    })
}

/// Members of pools: any of them may run from when it is made, as high as the pool allows.
fn members(model: &Model) -> impl Iterator<Item = Promise> {
    let times = model.pools.iter().flat_map(|pool| pool.times.iter().map(move |id| (pool, id)));
    times.filter_map(|(pool, id)| {
        let object = &model[*id];
        let Kind::SchedContext(context) = &object.kind else { return None };
        promise(object, context, pool.max_priority)
    })
}

/// What the loader takes as supervisor, and gives to components until they are initialised.
#[must_use]
pub fn supervisor(model: &Model) -> Vec<Promise> {
    if model.supervisor.is_none() {
        return Vec::new();
    }
    let supervision = model.supervision;
    let own = |to: &str, share: Share| Promise {
        to: to.into(),
        owner: None,
        thread: None,
        core: CORE,
        priority: supervision.priority,
        budget: share.budget,
        period: share.period,
        from_start: true,
        span: supervision.span,
    };
    let mut all = vec![own("the supervisor", supervision.share)];
    all.extend(model.has_clock().then(|| own("the supervisor's clock", CLOCK)));
    all.extend(model.nursed().filter_map(|nursed| {
        let Kind::Thread(thread) = &model[nursed.thread].kind else { return None };
        let part = &model[nursed.component];
        let to = format!("{} until it is initialised", part.name);
        let (owner, span, priority) = (Some(nursed.component), part.span, thread.priority);
        Some(Promise { owner, span, priority, ..own(&to, NURSING) })
    }));
    all
}
