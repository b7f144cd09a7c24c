//! The parties of a system: its components; in imports, each group of threads that share a
//! CSpace or an address space.

use std::collections::BTreeMap;
use std::ops::Index;

use layout::cap::Cap;
use layout::names::ComponentId;
use layout::object::Kind;
use layout::thread::Role;
use layout::{Model, ObjectId, Span};

/// A party, by its place in [`Parties`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PartyId(pub u32);

/// Who acts in a system.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Party {
    /// The component's name, or that of the first thread.
    pub name: String,
    /// Where it is described.
    pub span: Span,
    /// The component, if it is one.
    pub component: Option<ComponentId>,
    /// Its threads, CNodes and tables: what acts for it.
    pub agents: Vec<ObjectId>,
}

/// All parties of a system. Those of components have the components' numbers.
#[derive(Clone, Debug, Default)]
pub struct Parties {
    parties: Vec<Party>,
    of: Vec<Option<PartyId>>,
}

impl Parties {
    /// Those of a model.
    #[must_use]
    pub fn of(model: &Model) -> Self {
        let components = model.components.iter().zip(0..).map(|(component, id)| Party {
            name: component.name.clone(),
            span: component.span,
            component: Some(ComponentId(id)),
            agents: Vec::new(),
        });
        let owners = model.objects.iter().map(|object| object.owner.map(|owner| PartyId(owner.0)));
        let mut parties = Self { parties: components.collect(), of: owners.collect() };
        parties.adopt_threads(model);
        parties.adopt_what_is_reached(model);
        for (id, object) in model.objects() {
            let acts = matches!(object.kind, Kind::Thread(_) | Kind::CNode(_) | Kind::PageTable(_));
            if let Some(party) = parties.of[id.index()].filter(|_| acts) {
                parties.parties[party.0 as usize].agents.push(id);
            }
        }
        parties
    }

    /// The party that an object is a part of; frames that several see are part of none unless
    /// the model says so.
    #[must_use]
    pub fn party(&self, object: ObjectId) -> Option<PartyId> {
        self.of[object.index()]
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (PartyId, &Party)> {
        (0..).map(PartyId).zip(&self.parties)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parties.len()
    }

    /// Whether nothing acts in the system.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parties.is_empty()
    }

    /// Gives threads of no component to the party of their spaces, or makes one.
    fn adopt_threads(&mut self, model: &Model) {
        let mut groups = Groups((0..model.objects.len()).collect());
        for (id, space) in spaces(model) {
            groups.join(id.index(), space.index());
        }
        let mut party_of_group: BTreeMap<usize, PartyId> = BTreeMap::new();
        for (index, owner) in self.of.iter().enumerate() {
            if let Some(owner) = owner {
                party_of_group.entry(groups.first(index)).or_insert(*owner);
            }
        }
        for (id, object) in model.objects() {
            if self.of[id.index()].is_some() || !matches!(object.kind, Kind::Thread(_)) {
                continue;
            }
            let next = PartyId(u32::try_from(self.parties.len()).unwrap_or(u32::MAX));
            let party = *party_of_group.entry(groups.first(id.index())).or_insert(next);
            if party == next {
                let (name, span) = (object.name.clone(), object.span);
                self.parties.push(Party { name, span, component: None, agents: Vec::new() });
            }
            self.of[id.index()] = Some(party);
        }
    }

    /// Gives what has no owner to the party whose spaces lead to it; if several do, CNodes and
    /// tables to the first, frames and others to none.
    fn adopt_what_is_reached(&mut self, model: &Model) {
        let mut queue: Vec<(ObjectId, PartyId)> = Vec::new();
        for (thread, space) in spaces(model) {
            let party = self.of[thread.index()];
            if let Some(party) = party.filter(|_| self.of[space.index()].is_none()) {
                self.of[space.index()] = Some(party);
                queue.push((space, party));
            }
        }
        let mut shared = vec![false; model.objects.len()];
        while let Some((id, party)) = queue.pop() {
            let is_cnode = matches!(model[id].kind, Kind::CNode(_));
            for cap in model[id].kind.slots().iter().map(|entry| entry.cap) {
                let Some(object) = cap.object() else { continue };
                let leads_on = matches!(
                    (cap, is_cnode),
                    (Cap::CNode { .. }, true) | (Cap::PageTable(_), false)
                );
                match self.of[object.index()] {
                    None if leads_on => queue.push((object, party)),
                    Some(other) if other != party => shared[object.index()] = true,
                    Some(_) => continue,
                    None if matches!(cap, Cap::Thread(_)) => continue,
                    None => (),
                }
                self.of[object.index()].get_or_insert(party);
            }
        }
        for (id, object) in model.objects() {
            let acts = matches!(object.kind, Kind::Thread(_) | Kind::CNode(_) | Kind::PageTable(_));
            if shared[id.index()] && !acts {
                self.of[id.index()] = object.owner.map(|owner| PartyId(owner.0));
            }
        }
    }
}

impl Index<PartyId> for Parties {
    type Output = Party;

    fn index(&self, id: PartyId) -> &Party {
        &self.parties[id.0 as usize]
    }
}

/// Threads, each with its CSpace, then with its address space.
fn spaces(model: &Model) -> impl Iterator<Item = (ObjectId, ObjectId)> {
    model.objects().flat_map(|(id, object)| {
        let thread = if let Kind::Thread(thread) = &object.kind { Some(thread) } else { None };
        let role = move |role| Some((id, thread?.role(role)?.cap.object()?));
        [role(Role::CSpace), role(Role::VSpace)].into_iter().flatten()
    })
}

/// Groups of numbers, each known by one of its members.
struct Groups(Vec<usize>);

impl Groups {
    fn first(&mut self, mut member: usize) -> usize {
        while self.0[member] != member {
            self.0[member] = self.0[self.0[member]];
            member = self.0[member];
        }
        member
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.first(one), self.first(other));
        self.0[one.max(other)] = one.min(other);
    }
}
