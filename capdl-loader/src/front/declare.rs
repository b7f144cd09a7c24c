//! The macros that make a type, its decoder and its schema of one declaration.

/// Declares tables: a struct each, whose fields are the keys, and how it is decoded. A field may
/// have another key than its name (`["key"]`) and a value for when it is left out (`= value`).
/// Without that value it must be there, unless its type says otherwise
/// ([`absent`](super::decode::Decode::absent)).
macro_rules! tables {
    ($(
        $(#[doc = $doc:literal])*
        pub struct $name:ident {
            $(
                $(#[doc = $meaning:literal])*
                $field:ident $([$key:literal])? : $type:ty $(= $default:expr)?
            ),* $(,)?
        }
    )*) => { $(
        $(#[doc = $doc])*
        #[derive(Clone, Debug)]
        pub struct $name {
            $( $(#[doc = $meaning])* pub $field: $type, )*
        }

        impl $crate::front::decode::Decode for $name {
            fn decode(
                node: &$crate::front::tree::Node,
                decoder: &mut $crate::front::decode::Decoder<'_>,
            ) -> Option<Self> {
                let table = decoder.table(node, Self::shape())?;
                // All fields are decoded before the first missing one ends it.
                $( let $field = decoder.field::<$type>(
                    node, table, $crate::front::declare::key_of!($field $($key)?),
                    $crate::front::declare::default_of!($($default)?),
                ); )*
                Some(Self { $( $field: $field?, )* })
            }

            fn shape() -> $crate::front::shape::Shape {
                static SHAPE: $crate::front::shape::TableShape =
                    $crate::front::declare::shape_of!($name [$($doc)*]
                        $( [$($meaning)*] $field [$($key)?] $type [$($default)?]; )*);
                $crate::front::shape::Shape::Table(&SHAPE)
            }
        }
    )* };
}

/// The shape of a table.
macro_rules! shape_of {
    ($name:ident [$($doc:literal)*]
        $( [$($meaning:literal)*] $field:ident [$($key:literal)?] $type:ty
            [$($default:expr)?]; )*) => {
        $crate::front::shape::TableShape {
            name: stringify!($name),
            meaning: &[$($doc),*],
            fields: &[$(
                $crate::front::shape::FieldShape {
                    name: $crate::front::declare::key_of!($field $($key)?),
                    meaning: &[$($meaning),*],
                    shape: <$type as $crate::front::decode::Decode>::shape,
                    is_optional: $crate::front::declare::optional!($type $(, $default)?),
                    default: $crate::front::declare::text_of!($($default)?),
                }
            ),*],
        }
    };
}

macro_rules! key_of {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $key:literal) => {
        $key
    };
}

macro_rules! default_of {
    () => {
        None
    };
    ($default:expr) => {
        Some($default)
    };
}

macro_rules! text_of {
    () => {
        None
    };
    ($default:expr) => {
        Some(stringify!($default))
    };
}

macro_rules! optional {
    ($type:ty) => {
        || <$type as $crate::front::decode::Decode>::absent().is_some()
    };
    ($type:ty, $default:expr) => {
        || true
    };
}

/// Declares words: an enum whose variants are written as these.
macro_rules! words {
    ($(
        $(#[doc = $doc:literal])*
        pub enum $name:ident {
            $( $(#[doc = $meaning:literal])* $variant:ident = $word:literal ),* $(,)?
        }
    )*) => { $(
        $(#[doc = $doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub enum $name {
            $( $(#[doc = $meaning])* $variant, )*
        }

        impl $name {
            /// The word for it.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $( Self::$variant => $word, )* }
            }
        }

        impl $crate::front::decode::Decode for $name {
            fn decode(
                node: &$crate::front::tree::Node,
                decoder: &mut $crate::front::decode::Decoder<'_>,
            ) -> Option<Self> {
                const WORDS: &[(&str, $name)] = &[$(($word, $name::$variant)),*];
                decoder.word(node, WORDS)
            }

            fn shape() -> $crate::front::shape::Shape {
                $crate::front::shape::Shape::Words(&[$(($word, concat!($($meaning),*))),*])
            }
        }
    )* };
}

pub(super) use {default_of, key_of, optional, shape_of, tables, text_of, words};
