//! M216, A405: who reaches devices, and what devices reach.

use std::collections::BTreeMap;

use layout::ObjectId;
use layout::memory::Frame;
use layout::names::{ComponentId, Region, RegionId, RegionKind};
use layout::object::Kind;
use layout::policy::{Claim, Leave};

use super::facts::{Facts, Mapping, physical};
use super::findings::Findings;
use crate::Diagnostic;
use crate::code::Code;

/// Who sees a frame, each by its first mapping.
type Users<'a> = BTreeMap<ComponentId, &'a Mapping>;

/// Looks at every page of devices.
pub fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let mut users: Vec<Users<'_>> = vec![Users::new(); facts.model.objects.len()];
    for mapping in &facts.mappings {
        if let Some(owner) = facts.model[mapping.space].owner {
            users[mapping.frame.index()].entry(owner).or_insert(mapping);
        }
    }
    for ((frame, _), users) in facts.model.objects().zip(&users) {
        check_page(facts, frame, users, findings);
    }
    for (id, region) in (0..).map(RegionId).zip(&facts.model.regions) {
        check_dma(facts, id, region, &users, findings);
    }
}

fn check_page(facts: &Facts<'_>, frame: ObjectId, users: &Users<'_>, findings: &mut Findings) {
    let Kind::Frame(described) = &facts.model[frame].kind else { return };
    let mut others = users.iter();
    let (Some((one, first)), Some((other, second))) = (others.next(), others.next()) else {
        return;
    };
    if !facts.is_device(described) {
        return;
    }
    let [one_name, other_name] = [one, other].map(|id| facts.component(*id));
    let message = format!("`{one_name}` and `{other_name}` share a page of devices");
    let found = match facts.model.policy.shared_device_pages {
        Leave::Deny => Diagnostic::error(Code::DEVICE_PAGE, message),
        Leave::Warn => Diagnostic::warning(Code::DEVICE_PAGE, message),
        Leave::Allow => return,
    };
    let mut found = found.at(first.span, format!("`{one_name}`"));
    if second.span != first.span {
        found = found.at(second.span, format!("`{other_name}`"));
    }
    if let (Some(range), Some(board)) = (physical(described), facts.board) {
        let nodes: Vec<&str> = board.nodes_at(range).map(|node| node.name.as_str()).collect();
        found = found.note(format!("page {:#x} has {}", range.start, nodes.join(", ")));
    }
    let found = found.help(match function_instead(facts, described) {
        Some(bus) => format!(
            "each can program what the other has: let QEMU put one of them on the bus `{bus}` \
             (`function = \"00:02.0\"`), where each has pages of its own"
        ),
        None => "use a device in another page: each can program what the other has".into(),
    });
    findings.push_for([Some(*one), Some(*other)], found);
}

/// The bus on which a device can be had that is in a page with others: what virtio offers over
/// registers in memory it also offers as a function of PCI.
fn function_instead<'a>(facts: &Facts<'a>, page: &Frame) -> Option<&'a str> {
    let (range, board) = (physical(page)?, facts.board?);
    let is_virtio = board.nodes_at(range).all(|node| node.name.starts_with("virtio_mmio@"));
    let bus = board.nodes.iter().find(|node| node.pci.is_some())?;
    is_virtio.then_some(bus.name.as_str())
}

/// A device that reaches all memory: there is no IOMMU.
fn check_dma(
    facts: &Facts<'_>,
    id: RegionId,
    region: &Region,
    users: &[Users<'_>],
    findings: &mut Findings,
) {
    let RegionKind::Device { node, has_dma: true, .. } = &region.kind else { return };
    let trusted = facts.model.assertions.iter().any(|assertion| match &assertion.claim {
        Claim::Isolated { trusting_devices, .. } | Claim::Only { trusting_devices, .. } => {
            trusting_devices.contains(&id)
        }
        Claim::NeverHolds { .. } => false,
    });
    if trusted {
        return;
    }
    let drivers = region.frames.iter().filter_map(|frame| users.get(frame.index()));
    let drivers: Vec<ComponentId> = drivers.flat_map(|users| users.keys().copied()).collect();
    let Some(driver) = drivers.first() else { return };
    let (name, driver) = (&region.name, facts.component(*driver));
    let message = format!("`{driver}` reaches all memory through device `{name}`");
    let found = Diagnostic::warning(Code::UNCONFINED_DMA, message)
        .at(region.span, format!("`{node}` has DMA, and the board no IOMMU"))
        .help("trust the device by name (`trusting_dma` of an assertion), or waive A405");
    findings.push_for(drivers.into_iter().map(Some), found);
}
