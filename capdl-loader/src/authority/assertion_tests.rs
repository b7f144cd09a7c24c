//! Systems whose answers are known.

use certificate::Relation;
use layout::cap::Cap;
use layout::memory::Position;
use layout::names::{ComponentId, Failure, GiveUp, Restart};
use layout::object::{Irq, Kind, Trigger};
use layout::policy::{Access, Claim, Control, Subject};
use layout::thread::Role;
use layout::{Model, Rights, Span, VmAttributes};

use super::PartyId;
use super::assertion::check;
use super::label::Labels;
use super::proof::{Outcome, System, Trust};
use crate::testing::{Builder, DATA, frame};
use crate::{Severity, Sources};

/// The steps of the shortest flow between two parties.
fn flow(model: &Model, from: &str, to: &str) -> Option<Vec<String>> {
    let system = System::new(model);
    let party =
        |name: &str| system.parties.iter().find(|(_, party)| party.name == name).map(|(id, _)| id);
    let points = |name| system.agents(party(name).expect("a party"));
    match system.prove(Relation::Flow, points(from), points(to), &Trust::default()) {
        Outcome::Reached(path) => {
            let steps = Labels::new(&system).steps(&path);
            Some(steps.iter().map(ToString::to_string).collect())
        }
        Outcome::Closed(_) => None,
        Outcome::Unproven(refusal) => panic!("refused: {refusal:?}"),
    }
}

/// What the check of assertions says, without places.
fn verdicts(model: &Model) -> Vec<(Severity, String)> {
    let report = check(model);
    report.iter().map(|found| (found.severity, found.message.clone())).collect()
}

fn isolated(one: ComponentId, other: ComponentId) -> Claim {
    Claim::Isolated {
        one: vec![one],
        other: vec![other],
        trusting: Vec::new(),
        trusting_devices: Vec::new(),
    }
}

/// Two threads that share one page through tables of all levels, as an import has them: nothing
/// is named, nothing has an owner.
#[test]
fn a_page_shared_through_all_levels_is_a_flow_whatever_its_attributes() {
    for attributes in [DATA, VmAttributes::DEFAULT, VmAttributes { cacheable: false, ..DATA }] {
        let mut system = Builder::default();
        let (writer, reader) = (system.component("writer"), system.component("reader"));
        let page = system.object("page", frame(Position::Anywhere));
        system.map(writer, page, Rights::READ_WRITE, attributes);
        system.map(reader, page, Rights::READ, attributes);
        let mut import = system.model.clone();
        import.components.clear();
        import.objects.iter_mut().for_each(|object| object.owner = None);
        for (model, from, to) in
            [(&system.model, "writer", "reader"), (&import, "writer.thread", "reader.thread")]
        {
            let steps = [format!("{from} writes page"), format!("page is read by {to}")];
            assert_eq!(flow(model, from, to), Some(steps.to_vec()));
            assert_eq!(flow(model, to, from), None);
        }
    }
}

#[test]
fn a_call_flows_both_ways_and_a_signal_one_way() {
    let mut system = Builder::default();
    let (client, server) = (system.component("client"), system.component("server"));
    let other = system.component("other");
    system.call(client, server);
    system.signal(server, other);
    let there = ["client sends to client_to_server", "client_to_server is received by server"];
    assert_eq!(flow(&system.model, "client", "server"), Some(there.map(String::from).to_vec()));
    assert_eq!(flow(&system.model, "server", "client").map(|steps| steps.len()), Some(2));
    assert_eq!(flow(&system.model, "client", "other").map(|steps| steps.len()), Some(4));
    assert_eq!(flow(&system.model, "other", "server"), None);
}

#[test]
fn receivers_of_one_endpoint_notice_what_the_other_takes() {
    let mut system = Builder::default();
    let (one, other) = (system.component("one"), system.component("other"));
    let object = system.endpoint("requests");
    for component in [one, other] {
        let cap = Cap::Endpoint { object, rights: Rights::READ, badge: None };
        system.give(component, cap);
    }
    assert_eq!(flow(&system.model, "one", "other").map(|steps| steps.len()), Some(2));
}

#[test]
fn a_restart_is_noticed_by_who_is_told_and_a_halt_by_everybody() {
    let mut system = Builder::default();
    let (driver, watcher) = (system.component("driver"), system.component("watcher"));
    system.component("clock");
    let bell = system.object("restarted", Kind::Notification);
    let cap = |rights| Cap::Notification { object: bell, rights, badge: Some(1) };
    system.give(watcher, cap(Rights::READ));
    let restart = |then| Restart {
        on: vec![Failure::Fault],
        most: 3,
        within: 1000,
        delay: 1,
        then,
        tells: vec![cap(Rights::WRITE)],
        heartbeat: None,
        span: Span::NOWHERE,
    };
    assert_eq!(flow(&system.model, "driver", "watcher"), None);
    system.model.components[driver.0 as usize].restart = Some(restart(GiveUp::Stop));
    assert_eq!(flow(&system.model, "driver", "watcher").map(|steps| steps.len()), Some(2));
    assert_eq!(flow(&system.model, "watcher", "driver"), None);
    assert_eq!(flow(&system.model, "driver", "clock"), None);
    system.model.components[driver.0 as usize].restart = Some(restart(GiveUp::Halt));
    assert!(flow(&system.model, "driver", "clock").is_some());
    assert_eq!(flow(&system.model, "clock", "driver"), None);
}

#[test]
fn a_fault_handler_connects_what_it_serves() {
    let mut system = Builder::default();
    let (one, other) = (system.component("one"), system.component("other"));
    let root = system.component("root");
    let faults = system.endpoint("faults");
    let rights = Rights::WRITE.or(Rights::GRANT_REPLY);
    for (component, badge) in [(one, 1), (other, 2)] {
        let cap = Cap::Endpoint { object: faults, rights, badge: Some(badge) };
        system.role(component, Role::FaultHandler, cap);
    }
    system.give(root, Cap::Endpoint { object: faults, rights: Rights::READ, badge: None });
    system.assert(isolated(one, other));
    let found = verdicts(&system.model);
    assert_eq!(found.len(), 2, "in both directions: {found:?}");
    if let Claim::Isolated { trusting, .. } = &mut system.model.assertions[0].claim {
        trusting.push(root);
    }
    assert_eq!(verdicts(&system.model), []);
}

#[test]
fn a_driver_without_iommu_reaches_all_memory_unless_its_device_is_trusted() {
    let mut system = Builder::default();
    let (driver, control) = (system.component("driver"), system.component("control"));
    let disk = system.device("disk", 0x0a00_0000, true);
    let buffer = system.memory("buffer", &[disk]);
    let pins = system.device("pins", 0x0903_0000, false);
    system.share(driver, disk, Rights::READ_WRITE);
    system.share(driver, buffer, Rights::READ_WRITE);
    system.share(control, pins, Rights::READ_WRITE);
    system.assert(isolated(control, driver));
    system.assert(Claim::Only {
        access: Access::Write,
        what: Subject::Region(pins),
        are: vec![control],
        trusting_devices: Vec::new(),
    });
    let found = verdicts(&system.model);
    let severities: Vec<Severity> = found.iter().map(|(severity, _)| *severity).collect();
    assert_eq!(severities, [Severity::Error; 3]);
    let text = check(&system.model).render(&Sources::default());
    assert!(text.contains("trusting_dma = [\"disk\"]"), "{text}");
    for assertion in &mut system.model.assertions {
        match &mut assertion.claim {
            Claim::Isolated { trusting_devices, .. } | Claim::Only { trusting_devices, .. } => {
                trusting_devices.push(disk);
            }
            Claim::NeverHolds { .. } => (),
        }
    }
    assert_eq!(verdicts(&system.model), []);
}

#[test]
fn two_devices_in_one_page_are_shared_by_their_drivers() {
    let mut system = Builder::default();
    let (one, other) = (system.component("one"), system.component("other"));
    let (disk, net) =
        (system.device("disk", 0x0a00_3000, false), system.device("net", 0x0a00_3000, false));
    system.share(one, disk, Rights::READ_WRITE);
    system.share(other, net, Rights::READ_WRITE);
    system.assert(isolated(one, other));
    assert_eq!(verdicts(&system.model).len(), 2);
    let steps = flow(&system.model, "one", "other").expect("shared");
    assert!(steps.iter().any(|step| step.contains("same physical memory")), "{steps:?}");
}

#[test]
fn only_means_nobody_else_but_whoever_controls_those() {
    let mut system = Builder::default();
    let (driver, manager) = (system.component("driver"), system.component("manager"));
    let stranger = system.component("stranger");
    let pins = system.device("pins", 0x0903_0000, false);
    system.share(driver, pins, Rights::READ_WRITE);
    let thread = system.model[driver].thread.expect("built");
    system.give(manager, Cap::Thread(thread));
    let what = Subject::Region(pins);
    let claim = Claim::Only {
        access: Access::Write,
        what,
        are: vec![driver],
        trusting_devices: Vec::new(),
    };
    system.assert(claim);
    assert_eq!(verdicts(&system.model), []);
    system.share(stranger, pins, Rights::READ);
    assert_eq!(verdicts(&system.model), [], "reading is not writing");
    let object = system.model[pins].frames[0];
    system.give(stranger, Cap::Frame { object, rights: Rights::READ_WRITE, attributes: DATA });
    let message = "`stranger`, too, can write `pins`".to_string();
    assert_eq!(verdicts(&system.model), [(Severity::Error, message)]);
}

#[test]
fn answers_carry_capabilities_if_the_reply_object_says_so() {
    for (reply, expected) in [(Rights::NONE, 0), (Rights::GRANT, 1)] {
        let mut system = Builder::default();
        let (client, server) = (system.component("client"), system.component("server"));
        system.call(client, server);
        let object = system.object("reply", Kind::Reply);
        system.give(server, Cap::Reply { object, rights: reply });
        system.give(server, Cap::IrqControl);
        system.assert(Claim::NeverHolds { who: vec![client], controls: vec![Control::Irq] });
        assert_eq!(verdicts(&system.model).len(), expected, "{reply:?}");
        system.assert(Claim::NeverHolds { who: vec![server], controls: vec![Control::Irq] });
        let found = verdicts(&system.model);
        let message = "`server` holds `irq_control`".to_string();
        assert_eq!(found.last(), Some(&(Severity::Error, message)));
    }
}

/// A server receives callers into a reply object that another component holds, too.
#[test]
fn whoever_shares_a_reply_object_answers_past_its_server() {
    let mut system = Builder::default();
    let (client, server) = (system.component("client"), system.component("server"));
    let other = system.component("other");
    system.call(client, server);
    let object = system.object("reply", Kind::Reply);
    system.give(server, Cap::Reply { object, rights: Rights::NONE });
    system.give(other, Cap::IrqControl);
    let claims = [
        Claim::NeverHolds { who: vec![client], controls: vec![Control::Irq] },
        Claim::Isolated {
            one: vec![client],
            other: vec![other],
            trusting: vec![server],
            trusting_devices: Vec::new(),
        },
    ];
    claims.into_iter().for_each(|claim| system.assert(claim));
    assert_eq!(verdicts(&system.model), []);
    system.give(other, Cap::Reply { object, rights: Rights::GRANT });
    let found = verdicts(&system.model);
    assert_eq!(found.len(), 3, "capabilities one way, data both ways: {found:?}");
    let steps = flow(&system.model, "other", "client").expect("it answers");
    assert_eq!(steps[1], "reply is a way to answer whoever waits at client_to_server");
}

#[test]
fn whoever_writes_the_code_of_another_controls_it() {
    let mut system = Builder::default();
    let (writer, victim) = (system.component("writer"), system.component("victim"));
    let (client, pins) = (system.component("client"), system.device("pins", 0x0903_0000, false));
    system.share(victim, pins, Rights::READ_WRITE);
    system.call(client, victim);
    let code = system.model.objects().find(|(_, o)| o.name == "victim.code").expect("built").0;
    system.map(writer, code, Rights::READ_WRITE, DATA);
    let asked = System::new(&system.model);
    let to = super::Subject::Region(pins).points(&asked, Access::Write);
    let who = asked.who(to, &Trust::default());
    let names: Vec<PartyId> = who.witnesses.iter().map(|(party, _)| *party).collect();
    assert_eq!(names, [writer, victim].map(|component| PartyId(component.0)));
    assert!(who.others.is_ok());
}

#[test]
fn two_interrupts_have_nothing_in_common_but_for_who_controls_all() {
    let mut system = Builder::default();
    let (one, other) = (system.component("one"), system.component("other"));
    let root = system.component("root");
    for (component, number) in [(one, 40), (other, 41)] {
        let irq = Irq { number: Some(number), trigger: Trigger::Edge, core: 0, notification: None };
        let irq = system.object(&format!("irq{number}"), Kind::Irq(irq));
        system.give(component, Cap::Irq(irq));
    }
    assert_eq!(flow(&system.model, "one", "other"), None);
    system.give(root, Cap::IrqControl);
    assert!(flow(&system.model, "one", "root").is_some(), "it can take the interrupt");
    assert!(flow(&system.model, "root", "other").is_some());
}

#[test]
fn who_manages_a_server_is_not_handed_out_by_it() {
    let mut system = Builder::default();
    let (client, server) = (system.component("client"), system.component("server"));
    let manager = system.component("manager");
    system.call(client, server);
    let object = system.object("reply", Kind::Reply);
    system.give(server, Cap::Reply { object, rights: Rights::ALL });
    let object = system.model[server].cspace.expect("built");
    system.give(manager, Cap::CNode { object, guard: 0, guard_bits: None });
    system.give(manager, Cap::IrqControl);
    system.assert(Claim::NeverHolds { who: vec![client, server], controls: vec![Control::Irq] });
    assert_eq!(verdicts(&system.model), []);
    let steps = flow(&system.model, "manager", "server").expect("it is managed");
    assert_eq!(steps, ["manager controls server"]);
}
