//! Files.
//!
//! | module | what |
//! |---|---|
//! | [`node`] | files, directories, links, devices: what names stand for |
//! | [`path`] | from a name to a node |
//! | [`tree`] | making, removing and renaming |
//! | [`archive`] | the first content of the root: a `cpio` archive |
//! | [`description`] | what `open` makes: a node and a position in it |
//! | [`descriptors`] | the numbers that a process has for descriptions |
//! | [`locks`] | locks on parts of files |
//! | [`pipe`] | bytes that go from one process to another |
//! | [`terminal`] | the console: its line discipline |

pub(crate) mod archive;
pub(crate) mod description;
pub(crate) mod descriptors;
pub(crate) mod locks;
pub(crate) mod node;
pub(crate) mod path;
pub(crate) mod pipe;
pub(crate) mod terminal;
pub(crate) mod tree;

pub(crate) use archive::Damaged;
pub(crate) use description::{Description, Stream};
pub(crate) use descriptors::{Descriptor, Descriptors};
pub(crate) use node::{Content, Device, Generated, Link, Node, Nodes};
pub(crate) use path::{Last, Viewer};
pub(crate) use pipe::Pipe;
pub(crate) use terminal::Terminal;
