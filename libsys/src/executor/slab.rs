//! Values in numbered places.

use heapless::Vec;

/// At most `N` values (65 536 at most). A place is free again when its value is removed.
#[derive(Debug)]
pub(super) struct Slab<T, const N: usize> {
    places: Vec<Option<T>, N>,
    /// Free places below the length.
    free: Vec<u16, N>,
}

impl<T, const N: usize> Slab<T, N> {
    pub(super) const fn new() -> Self {
        const { assert!(N <= 1 << 16, "places have 16 bits") };
        Self { places: Vec::new(), free: Vec::new() }
    }

    /// Puts a value somewhere; `None` when all places are in use.
    pub(super) fn insert(&mut self, value: T) -> Option<usize> {
        if let Some(place) = self.free.pop() {
            let place = usize::from(place);
            self.places[place] = Some(value);
            return Some(place);
        }
        self.places.push(Some(value)).ok()?;
        Some(self.places.len() - 1)
    }

    /// Takes the value of a place.
    pub(super) fn remove(&mut self, place: usize) -> Option<T> {
        let value = self.places.get_mut(place)?.take()?;
        // Each place below the length is free at most once, so there is room.
        let _ = self.free.push(place as u16);
        Some(value)
    }

    pub(super) fn get_mut(&mut self, place: usize) -> Option<&mut T> {
        self.places.get_mut(place)?.as_mut()
    }

    /// All values.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.places.iter().flatten()
    }
}
