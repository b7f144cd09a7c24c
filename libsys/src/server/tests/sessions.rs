//! The table of clients beside a map.

use std::collections::BTreeMap;
use std::vec::Vec;

use proptest::prelude::*;

use crate::cap::Badge;
use crate::server::{Origin, Sessions};

#[derive(Clone, Copy, Debug)]
enum Step {
    Open,
    Close(usize),
    Change(usize),
    Guess(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        Just(Step::Open),
        any::<usize>().prop_map(Step::Close),
        any::<usize>().prop_map(Step::Change),
        prop_oneof![0..1_u64 << 20, any::<u64>()].prop_map(Step::Guess),
    ]
}

proptest! {
    #[test]
    fn sessions_are_a_map_that_never_reuses_a_badge(
        steps in prop::collection::vec(step(), 0..100),
    ) {
        let mut sessions = Sessions::<usize, 4>::new();
        let mut expected = BTreeMap::new();
        let mut known: Vec<Badge> = Vec::new();
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Open => match sessions.open(number) {
                    Some(badge) => {
                        prop_assert!(!known.contains(&badge));
                        prop_assert_eq!(Origin::of(badge), Origin::Client(badge));
                        prop_assert_ne!(badge, Badge(0));
                        known.push(badge);
                        expected.insert(badge.0, number);
                    }
                    None => prop_assert_eq!(expected.len(), 4),
                },
                Step::Close(which) if !known.is_empty() => {
                    let badge = known[which % known.len()];
                    prop_assert_eq!(sessions.close(badge), expected.remove(&badge.0));
                }
                Step::Change(which) if !known.is_empty() => {
                    let badge = known[which % known.len()];
                    let found = sessions.get_mut(badge);
                    prop_assert_eq!(found.as_deref(), expected.get(&badge.0));
                    if let (Some(found), Some(other)) = (found, expected.get_mut(&badge.0)) {
                        (*found, *other) = (number, number);
                    }
                }
                Step::Guess(guess) => {
                    let found = sessions.get_mut(Badge(guess)).copied();
                    prop_assert_eq!(found, expected.get(&guess).copied());
                }
                Step::Close(_) | Step::Change(_) => {}
            }
        }
    }
}
