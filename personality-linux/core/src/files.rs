//! Files.
//!
//! | module | what |
//! |---|---|
//! | [`node`] | files, directories, links, devices: what names stand for |
//! | [`directory`] | names in a directory, and what is mounted on them |
//! | [`mounts`] | the file systems there are, and where |
//! | [`volume`] | the file system of a disk: ext4 |
//! | [`housekeeping`] | what is done for disks without being asked for |
//! | [`mounted`] | a disk that is mounted: nodes of its inodes, content that is to be written |
//! | [`path`] | from a name to a node |
//! | [`tree`] | making, removing and renaming |
//! | [`archive`] | the first content of the root: a `cpio` archive |
//! | [`description`] | what `open` makes: a node and a position in it |
//! | [`descriptors`] | the numbers that a process has for descriptions |
//! | [`locks`] | locks on parts of files |
//! | [`pipe`] | bytes that go from one process to another |

pub(crate) mod archive;
pub(crate) mod description;
pub(crate) mod descriptors;
pub(crate) mod directory;
pub(crate) mod housekeeping;
pub(crate) mod locks;
pub(crate) mod mounted;
pub(crate) mod mounts;
pub(crate) mod node;
pub(crate) mod path;
pub(crate) mod pipe;
#[cfg(test)]
mod tests;
pub(crate) mod tree;
pub(crate) mod volume;

pub(crate) use archive::Damaged;
pub(crate) use description::{Description, Stream};
pub(crate) use descriptors::{Descriptor, Descriptors};
pub(crate) use mounts::Mounts;
pub(crate) use node::{Content, Device, Generated, Node, Nodes};
pub(crate) use path::{Last, Viewer};
pub(crate) use pipe::Pipe;
