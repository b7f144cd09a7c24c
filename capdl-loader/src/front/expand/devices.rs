//! Devices and interrupts, as their drivers get them.

use abi::directory::Kind as Entry;
use layout::Rights;
use layout::object::ObjectId;

use super::Expander;
use super::channels::{By, Ringer, trigger};
use super::draft::{Frames, Sight, Word};
use super::functions::Function;
use crate::board::Interrupt;
use crate::front::forms::Name;

/// Bytes of the page in which registers begin somewhere.
const PAGE: u64 = layout::memory::FrameSize::Small.bytes();

impl Expander<'_> {
    /// Interrupts of devices and others, to who drives them.
    pub(super) fn interrupts(&mut self, ringers: &mut Vec<Ringer>) {
        let layout = self.layout;
        for (to, component) in layout.component.entries.iter().enumerate() {
            for name in &component.value.device {
                self.device_of(to, name, ringers);
            }
            for name in &component.value.interrupt {
                let Some(place) = self.find("interrupt", &layout.interrupt, name) else { continue };
                let spec = &layout.interrupt.entries[place].value;
                let trigger = trigger(spec.trigger);
                let by = By::Interrupt { number: spec.intid.value, trigger };
                ringers.push(Ringer { to, name: name.value.clone(), by, span: name.span });
            }
        }
    }

    /// A component's device: its registers, and what it rings with.
    fn device_of(&mut self, to: usize, name: &Name, ringers: &mut Vec<Ringer>) {
        let Some(place) = self.find("device", &self.layout.device, name) else { return };
        let region = self.device_region(place);
        let spec = &self.layout.device.entries[place].value;
        let Some(node) = self.board.node(&spec.node.value) else { return };
        let function = self.functions.get(place).cloned().flatten();
        let frames = self.model[region].frames.clone();
        let (parts, interrupts) = match &function {
            Some(function) => {
                self.addresses_of(to, name, function);
                let interrupts: Vec<Interrupt> = function.interrupt.into_iter().collect();
                (self.parts_of(function, frames), interrupts)
            }
            None => {
                let first = node.registers.first().copied().unwrap_or_default();
                let (offset, bytes) = (first.start & (PAGE - 1), first.len());
                let all = Frames::Shared { frames, offset, bytes };
                (vec![(String::new(), all)], node.interrupts.clone())
            }
        };
        for (part, frames) in parts {
            let sight = Sight {
                kind: Entry::Device,
                name: format!("{}{part}", name.value),
                frames,
                rights: Rights::READ_WRITE,
                attributes: super::assemble::DEVICE,
                region: Some(region),
                span: name.span,
            };
            self.see(to, sight);
        }
        for (interrupt, index) in interrupts.iter().zip(0..).filter(|_| spec.interrupts) {
            let name_of = |index| match index {
                0 => name.value.clone(),
                _ => format!("{}.{index}", name.value),
            };
            let by = By::Interrupt { number: interrupt.number, trigger: interrupt.trigger };
            ringers.push(Ringer { to, name: name_of(index), by, span: name.span });
        }
    }

    /// The parts of a function of PCI, whose frames lie one behind the other.
    fn parts_of(&self, function: &Function, frames: Vec<ObjectId>) -> Vec<(String, Frames)> {
        let mut frames = frames.into_iter();
        let parts = function.parts().map(|(part, range)| {
            let mut room = range.len();
            let mut own = Vec::new();
            while room > 0 {
                let Some(frame) = frames.next() else { break };
                room = room.saturating_sub(self.frame_bytes(frame));
                own.push(frame);
            }
            (part, Frames::Shared { frames: own, offset: 0, bytes: range.len() })
        });
        parts.collect()
    }

    /// What the driver of a function of PCI is to write into its base address registers.
    fn addresses_of(&mut self, to: usize, name: &Name, function: &Function) {
        for (number, range) in &function.bars {
            let bar = format!("{}.bar{number}", name.value);
            let word = Word { kind: Entry::Physical, name: bar, value: range.start };
            self.word(to, word, name.span);
        }
    }
}
