//! Forms of values that several parts of the format have.

use layout::span::{Span, Spanned};

use super::decode::{Decode, Decoder};
use super::shape::Shape;
use super::tree::{Node, Value};
use crate::Diagnostic;
use crate::code::Code;

/// Any number of things with names of the user's, by ascending name.
#[derive(Clone, Debug)]
pub struct Keyed<T> {
    /// Those that could be read.
    pub entries: Vec<Named<T>>,
    /// The names of the others, so that nobody misses them.
    pub broken: Vec<String>,
}

/// A thing with its name.
#[derive(Clone, Debug)]
pub struct Named<T> {
    /// Its name.
    pub name: String,
    /// Where the name is written.
    pub span: Span,
    /// The thing.
    pub value: T,
}

impl<T> Default for Keyed<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), broken: Vec::new() }
    }
}

impl<T: Decode> Decode for Keyed<T> {
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        let Value::Table(table) = &node.value else {
            decoder.expected(node, "a table");
            return None;
        };
        let mut keyed = Self::default();
        for field in &table.fields {
            if !is_name(&field.name) {
                decoder.bad_name(&field.name, field.key);
            }
            match decoder.inside(&field.name, |inner| T::decode(&field.node, inner)) {
                Some(value) => {
                    let (name, span) = (field.name.clone(), field.key);
                    keyed.entries.push(Named { name, span, value });
                }
                None => keyed.broken.push(field.name.clone()),
            }
        }
        Some(keyed)
    }

    fn shape() -> Shape {
        Shape::Keyed(T::shape)
    }

    fn absent() -> Option<Self> {
        Some(Self::default())
    }
}

/// Characters of a name at most.
const LONGEST_NAME: usize = 64;

/// Whether something can be called so: names appear in programs, in messages and in lines that
/// are read by tools.
pub(super) fn is_name(text: &str) -> bool {
    let goes_on = |letter: char| letter.is_ascii_alphanumeric() || "_-.@".contains(letter);
    text.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '_')
        && text.chars().all(goes_on)
        && text.len() <= LONGEST_NAME
}

/// One thing, or a list of them.
#[derive(Clone, Debug)]
pub struct OneOrMany<T>(pub Vec<T>);

impl<T: Decode> Decode for OneOrMany<T> {
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        match node.value {
            Value::List(_) => Vec::decode(node, decoder).map(Self),
            _ => T::decode(node, decoder).map(|one| Self(vec![one])),
        }
    }

    fn shape() -> Shape {
        Shape::OneOrMany(T::shape)
    }

    fn absent() -> Option<Self> {
        Some(Self(Vec::new()))
    }
}

/// A number of bytes: a number, or a text with K, M or G behind it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Size(pub u64);

impl Size {
    /// Reads a text such as `64K`.
    ///
    /// ```
    /// use capdl::front::forms::Size;
    ///
    /// assert_eq!(Size::parse("64K"), Some(Size(65536)));
    /// assert_eq!(Size::parse("1T"), None);
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let units = [("K", 10), ("M", 20), ("G", 30)];
        let unit =
            units.into_iter().find_map(|(unit, shift)| Some((text.strip_suffix(unit)?, shift)));
        let (digits, shift) = unit.unwrap_or((text, 0));
        let number: u64 = digits.trim_end().parse().ok()?;
        number.checked_mul(1 << shift).map(Self)
    }
}

impl Decode for Size {
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        let Value::Text(text) = &node.value else {
            return u64::decode(node, decoder).map(Self);
        };
        let size = Self::parse(text);
        if size.is_none() {
            let message = format!("{} is no number of bytes", decoder.path());
            let wrong = Diagnostic::error(Code::NUMBER, message).at(node.span, "not a size");
            decoder.push(wrong.help("write a number, or a text such as \"64K\", \"4M\" or \"1G\""));
        }
        size
    }

    fn shape() -> Shape {
        Shape::Size
    }
}

/// A share of a whole, in thousandths.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Share(pub u64);

impl Decode for Share {
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        let share = match node.value {
            Value::Real(share) => share,
            Value::Integer(Some(0)) => 0.0,
            Value::Integer(Some(1)) => 1.0,
            _ => f64::NAN,
        };
        if (0.0..=1.0).contains(&share) {
            // At most 1000.
            return Some(Self((share * 1000.0).round() as u64));
        }
        decoder.expected(node, "a share from 0.0 to 1.0");
        None
    }

    fn shape() -> Shape {
        Shape::Share
    }
}

/// The version of the format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Version;

impl Version {
    /// The one that this tool knows.
    pub const KNOWN: u64 = 1;
}

impl Decode for Version {
    const MISSING: Code = Code::VERSION;

    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        if u64::decode(node, decoder)? == Self::KNOWN {
            return Some(Self);
        }
        let message = "this version of the format is unknown";
        let wrong = Diagnostic::error(Code::VERSION, message).at(node.span, "not supported");
        decoder.push(wrong.help(format!("this tool reads `layout = {}`", Self::KNOWN)));
        None
    }

    fn shape() -> Shape {
        Shape::Exactly(Self::KNOWN)
    }
}

/// A name that refers to something.
pub type Name = Spanned<String>;

/// A first element and a list: `["ctl", ["linux", "net"]]`.
#[derive(Clone, Debug)]
pub struct Sides {
    /// The one side.
    pub one: Vec<Name>,
    /// The other side.
    pub other: Vec<Name>,
}

impl Decode for Sides {
    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        let Value::List(list) = &node.value else {
            decoder.expected(node, "a list of two sides");
            return None;
        };
        let [one, other] = list.as_slice() else {
            decoder.expected(node, "a list of two sides");
            return None;
        };
        let [one, other] = [one, other].map(|side| OneOrMany::decode(side, decoder));
        Some(Self { one: one?.0, other: other?.0 })
    }

    fn shape() -> Shape {
        fn side() -> Shape {
            Shape::OneOrMany(String::shape)
        }
        Shape::List(side)
    }
}
