//! For whom a process works: users and groups.

use alloc::vec::Vec;

use crate::abi::errno::{EPERM, Errno};

/// A number that leaves an identity as it is.
pub(crate) const UNCHANGED: u32 = u32::MAX;

/// The identities of a process, of users or of groups.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Identity {
    /// Who has started it.
    pub(crate) real: u32,
    /// Whose rights it has.
    pub(crate) effective: u32,
    /// Whose rights it may take again.
    pub(crate) saved: u32,
    /// Whose rights it has with files.
    pub(crate) files: u32,
}

impl Identity {
    /// Whether a number is one of the three that a process may take.
    const fn has(&self, number: u32) -> bool {
        number == self.real || number == self.effective || number == self.saved
    }

    /// `setuid`, `setgid`: the owner of all rights changes all, others the effective one.
    ///
    /// # Errors
    /// `EPERM`.
    pub(crate) fn set(&mut self, number: u32, is_privileged: bool) -> Result<(), Errno> {
        if is_privileged {
            *self = Self { real: number, effective: number, saved: number, files: number };
        } else if number == self.real || number == self.saved {
            (self.effective, self.files) = (number, number);
        } else {
            return Err(EPERM);
        }
        Ok(())
    }

    /// `setreuid`, `setregid`.
    ///
    /// # Errors
    /// `EPERM`.
    pub(crate) fn set_two(
        &mut self,
        real: u32,
        effective: u32,
        is_privileged: bool,
    ) -> Result<(), Errno> {
        let may_be_real = [UNCHANGED, self.real, self.effective].contains(&real);
        let may_be_effective = effective == UNCHANGED || self.has(effective);
        if !(is_privileged || may_be_real && may_be_effective) {
            return Err(EPERM);
        }
        let before = self.real;
        change(&mut self.real, real);
        change(&mut self.effective, effective);
        if real != UNCHANGED || effective != UNCHANGED && effective != before {
            self.saved = self.effective;
        }
        self.files = self.effective;
        Ok(())
    }

    /// `setresuid`, `setresgid`.
    ///
    /// # Errors
    /// `EPERM`.
    pub(crate) fn set_three(
        &mut self,
        numbers: [u32; 3],
        is_privileged: bool,
    ) -> Result<(), Errno> {
        let may_be = |number: &u32| *number == UNCHANGED || self.has(*number);
        if !is_privileged && !numbers.iter().all(may_be) {
            return Err(EPERM);
        }
        let [real, effective, saved] = numbers;
        change(&mut self.real, real);
        change(&mut self.effective, effective);
        change(&mut self.saved, saved);
        self.files = self.effective;
        Ok(())
    }

    /// `setfsuid`, `setfsgid`: who it was before, whether it changes or not.
    pub(crate) fn set_files(&mut self, number: u32, is_privileged: bool) -> u32 {
        let before = self.files;
        if is_privileged || self.has(number) || number == before {
            change(&mut self.files, number);
        }
        before
    }
}

fn change(place: &mut u32, number: u32) {
    if number != UNCHANGED {
        *place = number;
    }
}

/// Users and groups of a process.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Credentials {
    pub(crate) user: Identity,
    pub(crate) group: Identity,
    /// Further groups.
    pub(crate) groups: Vec<u32>,
}

impl Credentials {
    /// Whether it may do everything.
    pub(crate) const fn is_privileged(&self) -> bool {
        self.user.effective == 0
    }

    /// Whether it may send a signal to who has these.
    pub(crate) const fn may_signal(&self, other: &Self) -> bool {
        let (own, theirs) = (&self.user, &other.user);
        self.is_privileged()
            || own.real == theirs.real
            || own.real == theirs.saved
            || own.effective == theirs.real
            || own.effective == theirs.saved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: Identity = Identity { real: 7, effective: 7, saved: 7, files: 7 };

    #[test]
    fn rights_can_be_given_up_for_good() {
        let mut user = Identity::default();
        assert_eq!(user.set(7, true), Ok(()));
        assert_eq!(user, USER);
        assert_eq!(user.set(0, false), Err(EPERM));
        assert_eq!(user.set_two(0, UNCHANGED, false), Err(EPERM));
        assert_eq!(user.set_three([UNCHANGED, 0, UNCHANGED], false), Err(EPERM));
        assert_eq!(user.set_files(0, false), 7);
        assert_eq!(user, USER);
    }

    #[test]
    fn rights_can_be_given_up_for_a_while() {
        let mut user = Identity::default();
        assert_eq!(user.set_three([UNCHANGED, 7, UNCHANGED], true), Ok(()));
        assert_eq!((user.real, user.effective, user.saved, user.files), (0, 7, 0, 7));
        assert_eq!(user.set(0, false), Ok(()));
        assert_eq!(user, Identity::default());
        assert_eq!(user.set_two(7, 7, true), Ok(()));
        assert_eq!(user, USER);
    }
}
