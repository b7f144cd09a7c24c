//! A406, A407: how servers tell clients apart.

use std::collections::BTreeMap;

use layout::cap::Cap;
use layout::names::ComponentId;
use layout::{ObjectId, Rights, Span};

use super::facts::Facts;
use super::findings::Findings;
use crate::Diagnostic;
use crate::code::Code;

/// Somebody who can send to an endpoint.
#[derive(Clone, Copy, Debug)]
struct Client {
    who: ComponentId,
    badge: Option<u64>,
    span: Span,
}

/// Looks at every endpoint.
pub fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let mut clients: BTreeMap<ObjectId, Vec<Client>> = BTreeMap::new();
    for holding in facts.holdings() {
        let &Cap::Endpoint { object, rights, badge } = holding.cap else { continue };
        // Who receives is the server, whatever else it may do.
        let sends = rights.contains(Rights::WRITE) && !rights.contains(Rights::READ);
        if let Some(who) = holding.owner.filter(|_| sends) {
            let client = Client { who, badge, span: holding.span };
            clients.entry(object).or_default().push(client);
        }
    }
    for (endpoint, clients) in &clients {
        check_endpoint(facts, &facts.model[*endpoint].name, clients, findings);
    }
}

fn check_endpoint(facts: &Facts<'_>, endpoint: &str, clients: &[Client], findings: &mut Findings) {
    let Some(badged) = clients.iter().find(|client| client.badge.is_some()) else { return };
    let mut badges: BTreeMap<u64, &Client> = BTreeMap::new();
    for client in clients {
        let name = facts.component(client.who);
        let Some(badge) = client.badge else {
            let message =
                format!("`{name}` has no badge at endpoint `{endpoint}`, where others have");
            let found = Diagnostic::error(Code::UNBADGED, message).at(client.span, "no badge");
            let other = facts.component(badged.who);
            let found = found.at(badged.span, format!("`{other}` has one"));
            findings.push_for([Some(client.who)], found.help("give it a badge of its own"));
            continue;
        };
        let first = *badges.entry(badge).or_insert(client);
        if first.who != client.who {
            let other = facts.component(first.who);
            let message =
                format!("`{other}` and `{name}` both have badge {badge} at endpoint `{endpoint}`");
            let found = Diagnostic::error(Code::SAME_BADGE, message)
                .at(client.span, format!("`{name}`"))
                .at(first.span, format!("`{other}`"))
                .help("give each a badge of its own, or none: the tool chooses one");
            findings.push_for([Some(first.who), Some(client.who)], found);
        }
    }
}
