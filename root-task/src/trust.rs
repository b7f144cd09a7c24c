//! Whether a system is from whom it should be.
//!
//! A root task may have the public key of those whose systems it makes, in the module
//! [`MODULE`]. Then an image that they did not sign is refused before anything is made. A root task
//! without a key makes all systems, and says so of those that are signed: it vouches for nothing.
//!
//! Checking takes 28 KiB of code, of the crate `signing`, which nothing else uses.
//!
//! The key and the root task are of one file, so whoever can exchange the key can exchange the
//! code that checks: that file has to be vouched for by whatever starts the kernel.

use core::fmt;

use packed::Image;
use signing::PublicKey;

/// The module with the public key, as a file of `capdl key`.
pub const MODULE: &str = "layout.key";

/// What is known about who made a system.
///
/// ```
/// use root_task::trust::Origin;
///
/// assert_eq!(Origin::Unchecked.to_string(), "the signature was not checked: there is no key");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// The image is not signed, and nobody asks.
    Unsigned,
    /// The image is signed, and there is no key to check that.
    Unchecked,
    /// The owner of the key signed it.
    Trusted,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unsigned => "nobody signed it",
            Self::Unchecked => "the signature was not checked: there is no key",
            Self::Trusted => "signed by the key of this root task",
        })
    }
}

/// Why a system is not made.
///
/// ```
/// use root_task::trust::Mistrust;
///
/// let text = Mistrust::Unsigned.to_string();
/// assert_eq!(text, "the image is not signed, and this root task has a key");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mistrust {
    /// The module with the key is none.
    NoKey,
    /// The image is not signed.
    Unsigned,
    /// The signature is of another key, or of another image.
    Foreign,
}

impl fmt::Display for Mistrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoKey => "the module `layout.key` is no public key",
            Self::Unsigned => "the image is not signed, and this root task has a key",
            Self::Foreign => "the signature of the image is not of the key of this root task",
        })
    }
}

/// What is known about an image, given the file of a key if there is one.
///
/// ```
/// use libsys::modules;
/// use packed::Image;
/// use root_task::trust::{self, Mistrust, Origin};
///
/// fn origin(image: &Image<'_>) -> Result<Origin, Mistrust> {
///     trust::origin(image, modules::find(trust::MODULE))
/// }
/// # let _ = origin;
/// ```
///
/// # Errors
/// There is a key, and its owner did not sign the image.
pub fn origin(image: &Image<'_>, key: Option<&[u8]>) -> Result<Origin, Mistrust> {
    let Some(key) = key else {
        let is_signed = image.signature.is_some();
        return Ok(if is_signed { Origin::Unchecked } else { Origin::Unsigned });
    };
    let key = PublicKey::from_file(key).ok_or(Mistrust::NoKey)?;
    let signature = image.signature.ok_or(Mistrust::Unsigned)?;
    match key.has_signed(&image.root_hash, signature) {
        true => Ok(Origin::Trusted),
        false => Err(Mistrust::Foreign),
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use packed::System;
    use packed::image::{Header, put};
    use signing::SecretKey;

    use super::*;

    fn unsigned(contents: &[u8]) -> Vec<u8> {
        let header = Header { cores: 1, domains: 1, ..Header::default() };
        put::image(&header, &System::default(), contents, &Default::default()).expect("small")
    }

    fn signed(key: &SecretKey, contents: &[u8]) -> Vec<u8> {
        let mut image = unsigned(contents);
        put::sign(&mut image, |hash| key.sign(hash));
        image
    }

    fn found(image: &[u8], key: Option<&[u8]>) -> Result<Origin, Mistrust> {
        origin(&Image::new(image).expect("whole"), key)
    }

    #[test]
    fn only_what_the_owner_of_the_key_signed_is_trusted() {
        let (key, other) = (SecretKey::from_seed([1; 32]), SecretKey::from_seed([2; 32]));
        let file = key.public().to_file();
        let good = signed(&key, b"contents");
        assert_eq!(found(&good, Some(&file)), Ok(Origin::Trusted));
        assert_eq!(found(&signed(&other, b"contents"), Some(&file)), Err(Mistrust::Foreign));
        assert_eq!(found(&unsigned(b"contents"), Some(&file)), Err(Mistrust::Unsigned));
        let mut damaged = good.clone();
        *damaged.last_mut().expect("a signature") ^= 1;
        assert_eq!(found(&damaged, Some(&file)), Err(Mistrust::Foreign));
        // The signature of another image.
        let mut moved = signed(&key, b"contents, other");
        let (from, to) = (good.len() - 64, moved.len() - 64);
        moved[to..].copy_from_slice(&good[from..]);
        assert_eq!(found(&moved, Some(&file)), Err(Mistrust::Foreign));
    }

    #[test]
    fn a_signature_cannot_be_taken_away() {
        let key = SecretKey::from_seed([1; 32]);
        let mut image = signed(&key, b"contents");
        image.truncate(image.len() - 1);
        assert_eq!(Image::new(&image).err().map(|damage| damage.reason), Some("no signature"));
    }

    #[test]
    fn without_a_key_nothing_is_vouched_for() {
        let key = SecretKey::from_seed([1; 32]);
        assert_eq!(found(&signed(&key, b""), None), Ok(Origin::Unchecked));
        assert_eq!(found(&unsigned(b""), None), Ok(Origin::Unsigned));
        for wrong in [&b""[..], b"no key", &key.to_file()] {
            assert_eq!(found(&signed(&key, b""), Some(wrong)), Err(Mistrust::NoKey));
        }
    }
}
