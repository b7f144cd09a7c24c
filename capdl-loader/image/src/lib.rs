//! A system as bytes: the image that the tool packs and the loader builds.
//!
//! An image is read in place. [`Image::new`] checks it once: hashes, bounds, and that every row
//! names what it should; whoever holds an [`Image`] may build it. Nothing is copied out of it, and
//! reading it takes no memory.
//!
//! | module | what |
//! |---|---|
//! | [`image`] | header, parts, hashes, signature |
//! | [`layout`] | what a system consists of, and how that lies in its part |
//! | [`objects`] | its objects, as runs of equal ones |
//! | [`record`] | what there is to do with them: the kinds of rows |
//! | [`cell`] | how rows name capabilities |
//! | [`rows`] | rows of numbers in few bytes |
//! | [`debug`] | names, files and lines, for messages |
//! | [`damage`] | what is wrong with an image |
//!
//! # Memory
//!
//! An image does not say which memory an object is made of. The crate `plan` decides that, on the
//! host for the memory that a board should have and on the target for what it has; [`placing`]
//! gives it the objects in the image's order, so equal memory gives equal addresses.
//!
//! ```
//! use packed::image::{Header, put};
//! use packed::objects::{ObjectRun, Position};
//! use packed::{Cell, Image, System};
//!
//! let pages = ObjectRun {
//!     object: abi::ObjectType::SmallPage,
//!     size: 0,
//!     first: Cell(0),
//!     count: 500,
//!     position: Position::Anywhere,
//!     inside: None,
//! };
//! let system = System { objects: vec![pages], ..System::default() };
//! let header = Header { objects: 500, cells: 500, cores: 1, domains: 1, is_strict: false };
//! let bytes = put::image(&header, &system, &[], &Default::default()).unwrap();
//! let image = Image::new(&bytes).unwrap();
//! assert!(image.layout.objects.iter().eq([pages]));
//!
//! let mut damaged = bytes.clone();
//! *damaged.last_mut().unwrap() ^= 1;
//! assert!(Image::new(&damaged).is_err());
//! ```
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod cell;
mod check;
pub mod damage;
pub mod debug;
mod field;
pub mod image;
pub mod layout;
mod number;
pub mod objects;
pub mod placing;
pub mod record;
pub mod rows;

pub use cell::{Cell, Origin};
pub use damage::Damage;
pub use image::Image;
pub use layout::{Layout, System};
