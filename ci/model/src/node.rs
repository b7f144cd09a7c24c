//! CNode operations. (objects.md §3)

use abi::{Error, Invocation, LookupFailure, Rights};

use crate::cap::Cap;
use crate::model::{Answer, Extra, Model, Request};
use crate::slots::SlotName;

/// An operation that takes a capability from one slot to another.
#[derive(Clone, Copy)]
enum Transfer {
    Copy,
    Mint,
    Move,
    Mutate,
}

impl Model {
    /// An invocation of a CNode.
    pub(crate) fn invoke_node(
        &mut self,
        node: Cap,
        operation: Invocation,
        request: &Request<'_>,
    ) -> Answer {
        let known = Invocation::CNodeRevoke..=Invocation::CNodeRotate;
        if !known.contains(&operation) {
            return Err(Error::IllegalOperation);
        }
        let ([index, depth], []) = request.needs()?;
        let slot = self.resolve_slot(Some(node), index, depth, false)?;
        match operation {
            Invocation::CNodeRevoke => self.revoke(slot),
            Invocation::CNodeDelete => self.delete(slot),
            Invocation::CNodeCancelBadgedSends => return self.cancel_badged_sends(slot),
            Invocation::CNodeCopy => return self.transfer(Transfer::Copy, slot, request),
            Invocation::CNodeMint => return self.transfer(Transfer::Mint, slot, request),
            Invocation::CNodeMove => return self.transfer(Transfer::Move, slot, request),
            Invocation::CNodeMutate => return self.transfer(Transfer::Mutate, slot, request),
            _ => return self.rotate(slot, request),
        }
        Ok(Vec::new())
    }

    fn cancel_badged_sends(&mut self, slot: SlotName) -> Answer {
        match self.slots.get(slot) {
            Some(Cap::Endpoint { rights: Rights::ALL, object, badge }) => {
                // Badge 0 cancels nothing.
                if badge != 0 {
                    self.cancel_badge(object, badge);
                }
                Ok(Vec::new())
            }
            _ => Err(Error::IllegalOperation),
        }
    }

    fn transfer(&mut self, what: Transfer, to: SlotName, request: &Request<'_>) -> Answer {
        let ([_, _, index, depth], [root]) = request.needs()?;
        if self.slots.get(to).is_some() {
            return Err(Error::DeleteFirst);
        }
        let from = self.source(root, index, depth)?;
        let cap = self.occupied(from, depth)?;
        match what {
            Transfer::Copy => {
                let ([_, _, _, _, rights], []) = request.needs()?;
                let cap = self.derive(from, cap.masked(Rights::from_word(rights)))?;
                self.slots.insert(to, cap, from, false);
                self.filled_by_copy(from);
            }
            Transfer::Mint => {
                let ([_, _, _, _, rights, data], []) = request.needs()?;
                let masked = cap.masked(Rights::from_word(rights));
                let minted = masked.minted(data).map_err(|_| Error::IllegalOperation)?;
                let cap = self.derive(from, minted)?;
                self.slots.insert(to, cap, from, false);
                self.filled_by_copy(from);
            }
            Transfer::Move => self.slots.relocate(from, to, cap),
            Transfer::Mutate => {
                let ([_, _, _, _, data], []) = request.needs()?;
                let cap = cap.guarded(data).map_err(|_| Error::IllegalOperation)?;
                self.slots.relocate(from, to, cap);
            }
        }
        Ok(Vec::new())
    }

    /// The destination gets what is in the pivot, the pivot what is in the source.
    fn rotate(&mut self, to: SlotName, request: &Request<'_>) -> Answer {
        let (words, [pivot_root, source_root]) = request.needs()?;
        let [_, _, pivot_data, pivot_index, pivot_depth, data, index, depth] = words;
        let source = self.source(source_root, index, depth)?;
        let pivot = self.source(pivot_root, pivot_index, pivot_depth)?;
        if pivot == source || pivot == to {
            return Err(Error::IllegalOperation);
        }
        if source != to && self.slots.get(to).is_some() {
            return Err(Error::DeleteFirst);
        }
        let cap = self.occupied(source, depth)?;
        let bits_left = pivot_depth;
        let missing = Error::destination(LookupFailure::MissingCapability { bits_left });
        let pivot_cap = self.slots.get(pivot).ok_or(missing)?;
        let cap = cap.guarded(data).map_err(|_| Error::IllegalOperation)?;
        let pivot_cap = pivot_cap.guarded(pivot_data).map_err(|_| Error::IllegalOperation)?;
        if source == to {
            self.slots.exchange((source, cap), (pivot, pivot_cap));
        } else {
            self.slots.relocate(pivot, to, pivot_cap);
            self.slots.relocate(source, pivot, cap);
        }
        Ok(Vec::new())
    }

    fn source(&self, root: Extra, index: u64, depth: u64) -> Result<SlotName, Error> {
        self.resolve_slot(root.cap, index, depth, true)
    }

    fn occupied(&self, slot: SlotName, depth: u64) -> Result<Cap, Error> {
        let missing = LookupFailure::MissingCapability { bits_left: depth };
        self.slots.get(slot).ok_or(Error::source(missing))
    }

    /// What a copy of a capability is. (objects.md §3, "Derivation results")
    ///
    /// # Errors
    /// `RevokeFirst`, or `IllegalOperation` where there is none.
    pub(crate) fn derive(&self, from: SlotName, cap: Cap) -> Result<Cap, Error> {
        match cap {
            Cap::Untyped { .. } if self.slots.first_child(from).is_some() => {
                Err(Error::RevokeFirst)
            }
            Cap::IrqControl
            | Cap::PageTable { mapping: None, .. }
            | Cap::VSpace { asid: None, .. } => Err(Error::IllegalOperation),
            Cap::Page { start, bits, device, rights, .. } => {
                Ok(Cap::Page { start, bits, device, rights, mapping: None })
            }
            other => Ok(other),
        }
    }

    /// Copying untyped memory makes the source full: only the copy can be retyped. (objects.md
    /// §2, last sentence)
    pub(crate) fn filled_by_copy(&mut self, from: SlotName) {
        if let Some(Cap::Untyped { start, bits, device, .. }) = self.slots.get(from) {
            self.slots.update(from, Cap::Untyped { start, bits, device, used: 1 << bits });
        }
    }
}
