//! What a format looks like, as data: for the schema and for explanations.

/// What a value may look like.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// Text.
    Text,
    /// A whole number from 0 on.
    Number,
    /// Only this number.
    Exactly(u64),
    /// `true` or `false`.
    Boolean,
    /// A number with a fraction, from 0 to 1.
    Share,
    /// A number of bytes, or a text such as `64K`.
    Size,
    /// One of these words, each with its meaning.
    Words(&'static [(&'static str, &'static str)]),
    /// Several of them.
    List(fn() -> Shape),
    /// One of them, or several.
    OneOrMany(fn() -> Shape),
    /// One of two forms.
    Either(fn() -> Shape, fn() -> Shape),
    /// Any number of them, by names of the user's.
    Keyed(fn() -> Shape),
    /// A table with these fields.
    Table(&'static TableShape),
}

/// A table.
#[derive(Debug)]
pub struct TableShape {
    /// The name of its type.
    pub name: &'static str,
    /// What it is.
    pub meaning: &'static [&'static str],
    /// Its fields.
    pub fields: &'static [FieldShape],
}

impl TableShape {
    /// What it is, in one text.
    #[must_use]
    pub fn meaning(&self) -> String {
        sentence(self.meaning)
    }
}

/// A field of a table.
#[derive(Debug)]
pub struct FieldShape {
    /// Its key.
    pub name: &'static str,
    /// What it says.
    pub meaning: &'static [&'static str],
    /// What its value may look like.
    pub shape: fn() -> Shape,
    /// Whether it may be left out.
    pub is_optional: fn() -> bool,
    /// What it is when it is left out, if that is a value.
    pub default: Option<&'static str>,
}

impl FieldShape {
    /// What it says, in one text.
    #[must_use]
    pub fn meaning(&self) -> String {
        sentence(self.meaning)
    }
}

/// The lines of a documentation comment as one text.
fn sentence(lines: &[&str]) -> String {
    let lines: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    lines.join(" ").trim().to_string()
}
