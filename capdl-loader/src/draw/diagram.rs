//! Boxes and arrows.

use std::collections::BTreeMap;

/// What a box stands for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Shape {
    /// A component.
    Component,
    /// Memory.
    Memory,
    /// A device.
    Device,
    /// A capability over the whole machine, or untyped memory.
    Power,
}

/// What an arrow stands for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Tie {
    /// Calls and sent messages.
    Call,
    /// Signals.
    Signal,
    /// Faults that are handled.
    Fault,
    /// Reading.
    Read,
    /// Writing, with reading or without.
    Write,
    /// Access without the processor.
    Dma,
    /// Control.
    Control,
}

impl Shape {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Component, Self::Memory, Self::Device, Self::Power];

    /// Its name, for classes and legends.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Component => "component",
            Self::Memory => "memory",
            Self::Device => "device",
            Self::Power => "power",
        }
    }
}

impl Tie {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Call, Self::Signal, Self::Fault, Self::Read, Self::Write, Self::Dma, Self::Control];

    /// Its name, for classes and legends.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Signal => "signal",
            Self::Fault => "fault",
            Self::Read => "read",
            Self::Write => "write",
            Self::Dma => "dma",
            Self::Control => "control",
        }
    }
}

/// A box.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// What is written below.
    pub detail: String,
    /// What it stands for.
    pub shape: Shape,
}

/// An arrow between two boxes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Link {
    /// The box where it begins.
    pub from: usize,
    /// The box where it ends.
    pub to: usize,
    /// What it stands for.
    pub tie: Tie,
    /// What is written at it.
    pub label: String,
}

/// Boxes and arrows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Diagram {
    /// What it shows.
    pub title: String,
    /// The boxes.
    pub nodes: Vec<Node>,
    /// The arrows, without two that are the same.
    pub links: Vec<Link>,
    /// What it leaves out.
    pub note: Option<String>,
}

/// Arrows that are found one by one, where one of each kind between two boxes is to be drawn.
#[derive(Clone, Debug, Default)]
pub struct Links(BTreeMap<(usize, usize, Tie), Vec<String>>);

impl Links {
    /// Adds what an arrow is for.
    pub fn add(&mut self, from: usize, to: usize, tie: Tie, label: impl Into<String>) {
        let labels = self.0.entry((from, to, tie)).or_default();
        let label = label.into();
        if !labels.contains(&label) {
            labels.push(label);
        }
    }

    /// One arrow for each kind between two boxes, labelled with all that it is for if that is
    /// short.
    #[must_use]
    pub fn into_links(self) -> Vec<Link> {
        let links = self.0.into_iter().map(|((from, to, tie), mut labels)| {
            labels.retain(|label| !label.is_empty());
            let label = match labels.as_slice() {
                [] => String::new(),
                [one, other, _, ..] if labels.len() > 3 => {
                    format!("{one}, {other} and {} more", labels.len() - 2)
                }
                _ => labels.join(", "),
            };
            Link { from, to, tie, label }
        });
        links.collect()
    }
}
