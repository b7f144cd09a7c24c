//! Pictures of systems, at the level of components.
//!
//! The same system gives the same bytes. Pictures are SVG that adapts to light and dark pages
//! and says in words what it shows; the graphs can also be had for Graphviz.
//!
//! | module | what |
//! |---|---|
//! | [`diagram`] | boxes and arrows |
//! | [`channels`], [`memory`], [`authority`] | systems as boxes and arrows |
//! | [`crowd`] | what is drawn of a system with too many parties |
//! | [`layered`] | where boxes and arrows go |
//! | [`svg`] | how a picture is written |
//! | [`boxes`] | a diagram as SVG |
//! | [`physical`], [`time`] | the maps of memory and of the processor's time |
//! | [`dot`] | a diagram for Graphviz |

pub mod authority;
pub mod boxes;
pub mod channels;
pub mod crowd;
pub mod diagram;
pub mod dot;
pub mod layered;
pub mod memory;
pub mod physical;
pub mod svg;
pub mod time;

#[cfg(test)]
mod tests;
