//! Signatures of packed systems (Ed25519, RFC 8032): the tool signs the root hash of an image, and
//! whoever has the public key knows that it is from the owner of the secret one.
//!
//! A file of a key is 40 bytes: what it is, then the key. So a secret key is never taken for a
//! public one, which would travel in root tasks.
//!
//! ```
//! use signing::{PublicKey, SecretKey};
//!
//! let secret = SecretKey::from_seed([7; 32]);
//! let public = PublicKey::from_file(&secret.public().to_file()).unwrap();
//! let hash = [1; 32];
//! let mut signature = secret.sign(&hash);
//! assert!(public.has_signed(&hash, &signature));
//! signature[5] ^= 1;
//! assert!(!public.has_signed(&hash, &signature));
//! assert!(PublicKey::from_file(&secret.to_file()).is_none());
//! ```
#![no_std]
#![forbid(unsafe_code)]

use core::fmt;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

/// How the file of a public key begins.
const PUBLIC: &[u8; 8] = b"LYTPUB1\n";
/// How the file of a secret key begins.
const SECRET: &[u8; 8] = b"LYTSEC1\n";
/// Bytes of a key.
pub const KEY: usize = 32;
/// Bytes of the file of a key.
pub const FILE: usize = PUBLIC.len() + KEY;
/// Bytes of a signature.
pub const SIGNATURE: usize = 64;

/// What knows signatures.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// The key in a file; `None` if that is something else.
    #[must_use]
    pub fn from_file(file: &[u8]) -> Option<Self> {
        VerifyingKey::from_bytes(key_in(file, PUBLIC)?).ok().map(Self)
    }

    /// As a file.
    #[must_use]
    pub fn to_file(&self) -> [u8; FILE] {
        file_of(self.0.as_bytes(), PUBLIC)
    }

    /// Whether the owner of the secret key has signed the hash. Keys that would make several
    /// messages have one signature have signed nothing.
    #[must_use]
    pub fn has_signed(&self, hash: &[u8; 32], signature: &[u8; SIGNATURE]) -> bool {
        self.0.verify_strict(hash, &Signature::from_bytes(signature)).is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What makes signatures.
#[derive(Clone)]
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// The key that is made from 32 random bytes.
    #[must_use]
    pub fn from_seed(seed: [u8; KEY]) -> Self {
        Self(SigningKey::from_bytes(&seed))
    }

    /// The key in a file; `None` if that is something else.
    #[must_use]
    pub fn from_file(file: &[u8]) -> Option<Self> {
        key_in(file, SECRET).map(|seed| Self::from_seed(*seed))
    }

    /// As a file.
    #[must_use]
    pub fn to_file(&self) -> [u8; FILE] {
        file_of(self.0.as_bytes(), SECRET)
    }

    /// The key that knows its signatures.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs a hash.
    #[must_use]
    pub fn sign(&self, hash: &[u8; 32]) -> [u8; SIGNATURE] {
        self.0.sign(hash).to_bytes()
    }
}

/// It says nothing of the key.
impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the secret key of {:?}", self.public())
    }
}

fn key_in<'a>(file: &'a [u8], kind: &[u8; 8]) -> Option<&'a [u8; KEY]> {
    file.strip_prefix(kind)?.try_into().ok()
}

fn file_of(key: &[u8; KEY], kind: &[u8; 8]) -> [u8; FILE] {
    let mut file = [0; FILE];
    file[..kind.len()].copy_from_slice(kind);
    file[kind.len()..].copy_from_slice(key);
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8032, section 7.1, TEST 1.
    #[test]
    fn keys_are_those_of_the_standard() {
        let seed = *b"\x9d\x61\xb1\x9d\xef\xfd\x5a\x60\xba\x84\x4a\xf4\x92\xec\x2c\xc4\
                      \x44\x49\xc5\x69\x7b\x32\x69\x19\x70\x3b\xac\x03\x1c\xae\x7f\x60";
        let public = *b"\xd7\x5a\x98\x01\x82\xb1\x0a\xb7\xd5\x4b\xfe\xd3\xc9\x64\x07\x3a\
                        \x0e\xe1\x72\xf3\xda\xa6\x23\x25\xaf\x02\x1a\x68\xf7\x07\x51\x1a";
        assert_eq!(SecretKey::from_seed(seed).public().to_file()[8..], public);
    }

    #[test]
    fn other_keys_hashes_and_signatures_are_refused() {
        let (secret, other) = (SecretKey::from_seed([1; 32]), SecretKey::from_seed([2; 32]));
        let signature = secret.sign(&[3; 32]);
        assert!(secret.public().has_signed(&[3; 32], &signature));
        assert!(!secret.public().has_signed(&[4; 32], &signature));
        assert!(!other.public().has_signed(&[3; 32], &signature));
        for byte in 0..SIGNATURE {
            let mut damaged = signature;
            damaged[byte] ^= 0x80;
            assert!(!secret.public().has_signed(&[3; 32], &damaged), "byte {byte}");
        }
    }

    #[test]
    fn files_say_what_they_are() {
        let secret = SecretKey::from_seed([1; 32]);
        let (public, own) = (secret.public().to_file(), secret.to_file());
        assert_eq!(SecretKey::from_file(&own).map(|key| key.to_file()), Some(own));
        assert!(SecretKey::from_file(&public).is_none());
        assert!(PublicKey::from_file(&own).is_none());
        assert!(PublicKey::from_file(&public[..FILE - 1]).is_none());
        assert!(PublicKey::from_file(&[]).is_none());
        // A point of small order: anything would be signed by it.
        let small = file_of(&[0; KEY], PUBLIC);
        let any = [0; SIGNATURE];
        assert!(PublicKey::from_file(&small).is_none_or(|key| !key.has_signed(&[0; 32], &any)));
    }
}
