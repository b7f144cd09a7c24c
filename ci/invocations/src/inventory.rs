//! What the root CNode holds, by kind: the resources of a play.

use abi::Rights;
use model::model::CSPACE;
use model::{Cap, Holder, Model};

/// What a capability is to, as far as programs care.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the names are those of the objects")]
pub enum Kind {
    Untyped,
    DeviceUntyped,
    /// One to receive from.
    Source,
    Endpoint,
    Notification,
    Reply,
    CNode,
    Thread,
    Context,
    SchedControl,
    IrqHandler,
    Sgi,
    VSpace,
    PageTable,
    Page,
    AsidPool,
    Other,
}

const KINDS: usize = Kind::Other as usize + 1;

/// Slots of the root CNode by what they hold.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    kinds: [Vec<u16>; KINDS],
    /// Slots that programs may empty.
    pub own: Vec<u16>,
    /// Empty slots.
    pub free: Vec<u16>,
    /// The number of changes for which all that is true.
    changes: Option<u64>,
    /// The first slot that programs may empty.
    first_own: u16,
}

/// So many slots are used, or lists would be long.
const USED: u16 = 200;

impl Inventory {
    /// One in which slots from a number on belong to programs.
    #[must_use]
    pub fn new(first_own: u16) -> Self {
        Self { first_own, ..Self::default() }
    }

    /// Looks again, if anything has changed.
    pub fn update(&mut self, model: &Model, root: u64) {
        if self.changes == Some(model.slots.changes()) {
            return;
        }
        self.changes = Some(model.slots.changes());
        self.kinds.iter_mut().for_each(Vec::clear);
        self.own.clear();
        self.free.clear();
        let Some(Cap::CNode { object, .. }) = model.slots.get(Model::held(root, CSPACE)) else {
            return;
        };
        let mut next = self.first_own;
        for name in model.slots.of(Holder::CNode(object)) {
            let Ok(index) = u16::try_from(name.index) else { continue };
            let Some(cap) = model.slots.get(name) else { continue };
            self.kinds[kind(&cap) as usize].push(index);
            if matches!(cap, Cap::Endpoint { rights, .. } if rights.contains(Rights::READ)) {
                self.kinds[Kind::Source as usize].push(index);
            }
            if index >= self.first_own {
                self.own.push(index);
                self.free.extend(next..index.min(self.first_own + USED));
                next = index + 1;
            }
        }
        self.free.extend(next..(self.first_own + USED).max(next));
    }

    /// The slots that hold one kind.
    #[must_use]
    pub fn of(&self, kind: Kind) -> &[u16] {
        &self.kinds[kind as usize]
    }
}

const fn kind(cap: &Cap) -> Kind {
    match cap {
        Cap::Untyped { device: true, .. } => Kind::DeviceUntyped,
        Cap::Untyped { .. } => Kind::Untyped,
        Cap::Endpoint { .. } => Kind::Endpoint,
        Cap::Notification { .. } => Kind::Notification,
        Cap::Reply { .. } => Kind::Reply,
        Cap::CNode { .. } => Kind::CNode,
        Cap::Thread { .. } => Kind::Thread,
        Cap::SchedContext { .. } => Kind::Context,
        Cap::SchedControl { .. } => Kind::SchedControl,
        Cap::IrqHandler { .. } => Kind::IrqHandler,
        Cap::Sgi { .. } => Kind::Sgi,
        Cap::VSpace { .. } => Kind::VSpace,
        Cap::PageTable { .. } => Kind::PageTable,
        Cap::Page { .. } => Kind::Page,
        Cap::AsidPool { .. } => Kind::AsidPool,
        _ => Kind::Other,
    }
}
