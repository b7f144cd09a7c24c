//! What a capability is, of the object and the parameters.

use layout::cap::Cap;
use layout::memory::Frame;
use layout::object::Kind;
use layout::{ObjectId, Rights, Span, VmAttributes};

use super::Builder;
use super::symbols::Selected;
use super::text::{EntryText, Parameter, Reference, Value};
use crate::code::Code;

/// What the parameters of a capability say.
#[derive(Clone, Copy, Debug, Default)]
struct Properties {
    rights: Option<Rights>,
    /// `X`, or `G` at a frame.
    is_executable: bool,
    is_uncached: bool,
    badge: Option<u64>,
    guard: Option<u64>,
    guard_bits: Option<u64>,
    core: Option<u64>,
    mask: Option<Rights>,
}

/// The rights that copies keep, and the badge that they get.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mask {
    /// At most these.
    pub(super) rights: Rights,
    /// If the original has none.
    pub(super) badge: Option<u64>,
}

impl<'t> Builder<'t, '_> {
    /// The capabilities of an entry; nothing, once what is wrong has been told.
    pub(super) fn capabilities(
        &mut self,
        object: &Reference<'t>,
        entry: &EntryText<'t>,
    ) -> Option<Vec<Cap>> {
        let given = self.properties(entry)?;
        if self.symbols.get(object.name).is_none()
            && let Some(cap) = self.control(object, &given)
        {
            self.check_use(entry, &given, Some(cap));
            return Some(vec![cap]);
        }
        let caps = match self.select(object)? {
            Selected::SecureMonitor => vec![Cap::SecureMonitor { badge: given.badge }],
            Selected::Objects(objects) => {
                objects.into_iter().map(|id| self.cap_to(id, &given)).collect()
            }
        };
        self.check_use(entry, &given, caps.first().copied());
        Some(caps)
    }

    /// The rights and badge of copies.
    pub(super) fn mask_of(&mut self, entry: &EntryText<'t>) -> Option<Mask> {
        let given = self.properties(entry)?;
        let rights = given.mask.or(given.rights).unwrap_or(Rights::ALL);
        Some(Mask { rights, badge: given.badge })
    }

    /// A capability that is to no object.
    fn control(&mut self, object: &Reference<'t>, given: &Properties) -> Option<Cap> {
        match object.name {
            "irq_control" => Some(Cap::IrqControl),
            "asid_control" => Some(Cap::AsidControl),
            "domain" => Some(Cap::DomainControl),
            "sched_control" => Some(Cap::SchedControl { core: given.core.unwrap_or(0) }),
            "io_space_master" => {
                let help = "take it out: this kernel drives no IOMMU";
                let message = "`io_space_master` is a capability of other machines";
                self.problems.error(Code::FOREIGN, object.span, message, help);
                // What is told needs no second message.
                Some(Cap::IrqControl)
            }
            _ => None,
        }
    }

    fn cap_to(&self, object: ObjectId, given: &Properties) -> Cap {
        let rights = given.rights.unwrap_or(Rights::NONE);
        let badge = given.badge;
        match &self.model[object].kind {
            Kind::Untyped(_) => Cap::Untyped(object),
            Kind::Endpoint => Cap::Endpoint { object, rights, badge },
            Kind::Notification => Cap::Notification { object, rights, badge },
            Kind::Reply => Cap::Reply { object, rights: given.rights.unwrap_or(Rights::ALL) },
            Kind::CNode(_) => Cap::CNode {
                object,
                guard: given.guard.unwrap_or(0),
                guard_bits: Some(given.guard_bits.unwrap_or(0)),
            },
            Kind::Thread(_) => Cap::Thread(object),
            Kind::SchedContext(_) => Cap::SchedContext(object),
            Kind::Frame(Frame { .. }) => {
                let execute_never = !given.is_executable && !rights.contains(Rights::GRANT);
                let attributes = VmAttributes { cacheable: !given.is_uncached, execute_never };
                Cap::Frame { object, rights: rights.and(Rights::READ_WRITE), attributes }
            }
            Kind::PageTable(_) => Cap::PageTable(object),
            Kind::AsidPool(_) => Cap::AsidPool(object),
            Kind::Irq(_) => Cap::Irq(object),
            Kind::CoreSignal(_) => Cap::CoreSignal(object),
        }
    }

    /// What the parameters say; nothing, once what is wrong has been told.
    fn properties(&mut self, entry: &EntryText<'t>) -> Option<Properties> {
        let mut given = Properties::default();
        for parameter in &entry.parameters {
            let (key, value) = match parameter {
                Parameter::Named(key, value) => (key, value),
                Parameter::Size(..) => {
                    self.no_parameter(parameter.span());
                    return None;
                }
            };
            match (key.text, value) {
                ("badge", Value::Number(badge)) if badge.is_cut => {
                    let help = "use a badge of up to 64 bits: another one would arrive";
                    let message = "this badge is wider than the kernel keeps";
                    self.problems.error(Code::BADGE_WIDTH, badge.span, message, help);
                    return None;
                }
                ("badge", Value::Number(badge)) => given.badge = Some(badge.value),
                ("guard", Value::Number(guard)) => given.guard = Some(guard.value),
                ("guard_size", Value::Number(bits)) => given.guard_bits = Some(bits.value),
                ("core", Value::Number(core)) => given.core = Some(core.value),
                ("masked", Value::Word(word)) if rights(word.text).is_some() => {
                    given.mask = rights(word.text);
                }
                ("cached", Value::Nothing) => given.is_uncached = false,
                ("uncached", Value::Nothing) => given.is_uncached = true,
                ("asid", Value::Pair) => self.ignored(key.span, "the ASID of a capability"),
                ("mapping", Value::Pair) => self.ignored(key.span, "the mapping of a capability"),
                ("reply" | "master_reply", Value::Nothing) => {
                    let help = "with MCS an `rtreply` object is what is answered by";
                    let message = "a reply capability of a kernel without MCS";
                    self.problems.error(Code::FOREIGN, key.span, message, help);
                    return None;
                }
                ("ports", _) => {
                    let help = "take it out: this machine has no ports";
                    self.problems.error(Code::FOREIGN, key.span, "`ports` is of PCs", help);
                    return None;
                }
                (letters, Value::Nothing) if rights(letters).is_some() => {
                    given.rights = rights(letters);
                    given.is_executable = letters.contains('X');
                }
                _ => {
                    self.no_parameter(key.span);
                    return None;
                }
            }
        }
        // To this dialect 0 is no badge.
        given.badge = given.badge.filter(|badge| *badge != 0);
        Some(given)
    }

    fn no_parameter(&mut self, span: Span) {
        let message = "a capability has no such parameter";
        let help = "it takes rights (RWXGP), masked, badge, guard, guard_size, core, cached, \
                    uncached, asid and mapping";
        self.problems.error(Code::UNKNOWN_KEY, span, message, help);
    }

    fn ignored(&mut self, span: Span, what: &str) {
        let message = format!("{what} is not kept");
        let help = "the loader chooses it; it can be taken out";
        self.problems.oddity(Code::QUIRK, span, &message, help);
    }

    /// Tells what was given to a capability that has nothing of this kind.
    fn check_use(&mut self, entry: &EntryText<'t>, given: &Properties, cap: Option<Cap>) {
        let Some(cap) = cap else { return };
        let has_badge = matches!(
            cap,
            Cap::Endpoint { .. } | Cap::Notification { .. } | Cap::SecureMonitor { .. }
        );
        let has_guard = matches!(cap, Cap::CNode { .. });
        let has_core = matches!(cap, Cap::SchedControl { .. });
        let is_frame = matches!(cap, Cap::Frame { .. });
        let useless = [
            (given.badge.is_some() && !has_badge, "badge"),
            ((given.guard.is_some() || given.guard_bits.is_some()) && !has_guard, "guard"),
            (given.core.is_some() && !has_core, "core"),
            (given.is_uncached && !is_frame, "uncached"),
        ];
        for (_, what) in useless.into_iter().filter(|(useless, _)| *useless) {
            let message = format!("`{what}` means nothing at this capability");
            let help = "take it out";
            self.problems.oddity(Code::QUIRK, entry.span, &message, help);
        }
    }
}

/// Letters of rights. `X` is Grant, which makes frames executable.
fn rights(letters: &str) -> Option<Rights> {
    letters.chars().try_fold(Rights::NONE, |rights, letter| {
        let right = match letter {
            'R' => Rights::READ,
            'W' => Rights::WRITE,
            'G' | 'X' => Rights::GRANT,
            'P' => Rights::GRANT_REPLY,
            _ => return None,
        };
        Some(rights.or(right))
    })
}
