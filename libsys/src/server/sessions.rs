//! Clients by their badges.

use crate::cap::Badge;

/// Bits of a badge for the place in the table.
const PLACE_BITS: u32 = 16;
/// Bits of a badge for the number of the session; those above are marks of [`super::Origin`].
const NUMBER_BITS: u32 = 46;

/// What a server knows of up to `N` clients (65 536 at most), each found by its badge in
/// constant time. No badge is given out twice, so one that is left over from a closed session
/// finds nothing.
///
/// ```
/// use libsys::server::Sessions;
///
/// let mut sessions = Sessions::<&str, 4>::new();
/// let badge = sessions.open("vi").expect("room for four");
/// assert_eq!(sessions.get_mut(badge).copied(), Some("vi"));
/// assert_eq!(sessions.close(badge), Some("vi"));
/// assert_eq!(sessions.get_mut(badge), None);
/// ```
#[derive(Debug)]
pub struct Sessions<T, const N: usize> {
    places: [Option<(Badge, T)>; N],
    opened: u64,
}

impl<T, const N: usize> Sessions<T, N> {
    /// No clients.
    #[must_use]
    pub const fn new() -> Self {
        const { assert!(N <= 1 << PLACE_BITS, "places fit the badge") };
        Self { places: [const { None }; N], opened: 0 }
    }

    /// The badge for a new client. `None`: there are `N` already.
    pub fn open(&mut self, state: T) -> Option<Badge> {
        let place = self.places.iter().position(Option::is_none)?;
        if (self.opened + 1) >> NUMBER_BITS != 0 {
            return None;
        }
        // Never 0: numbers begin with 1.
        self.opened += 1;
        let badge = Badge(self.opened << PLACE_BITS | place as u64);
        self.places[place] = Some((badge, state));
        Some(badge)
    }

    /// What is known of a client.
    #[must_use]
    pub fn get_mut(&mut self, badge: Badge) -> Option<&mut T> {
        let (found, state) = self.place(badge)?.as_mut()?;
        (*found == badge).then_some(state)
    }

    /// Forgets a client.
    pub fn close(&mut self, badge: Badge) -> Option<T> {
        let (_, state) = self.place(badge)?.take_if(|(found, _)| *found == badge)?;
        Some(state)
    }

    fn place(&mut self, badge: Badge) -> Option<&mut Option<(Badge, T)>> {
        let place = badge.0 & ((1 << PLACE_BITS) - 1);
        self.places.get_mut(usize::try_from(place).ok()?)
    }
}

impl<T, const N: usize> Default for Sessions<T, N> {
    fn default() -> Self {
        Self::new()
    }
}
