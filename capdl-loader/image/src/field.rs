//! Values of rows.

use abi::{Rights, VmAttributes};

/// A value that takes some columns of a row.
pub(crate) trait Field: Copy {
    /// How many.
    const COLUMNS: usize;

    /// The value of these columns; `None` if there is none.
    fn read(columns: &[u64]) -> Option<Self>;

    /// Sets the columns.
    fn write(self, columns: &mut [u64]);
}

/// Values that are numbers of one column.
macro_rules! numbers {
    ($($number:ty)*) => {$(
        impl Field for $number {
            const COLUMNS: usize = 1;

            #[inline]
            fn read(columns: &[u64]) -> Option<Self> {
                Self::try_from(*columns.first()?).ok()
            }

            fn write(self, columns: &mut [u64]) {
                columns[0] = u64::from(self);
            }
        }
    )*};
}

numbers!(u8 u16 u32 u64);

impl Field for bool {
    const COLUMNS: usize = 1;

    #[inline]
    fn read(columns: &[u64]) -> Option<Self> {
        match columns.first()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    fn write(self, columns: &mut [u64]) {
        columns[0] = self.into();
    }
}

impl Field for Rights {
    const COLUMNS: usize = 1;

    #[inline]
    fn read(columns: &[u64]) -> Option<Self> {
        let word = *columns.first()?;
        Some(Self::from_word(word)).filter(|rights| rights.word() == word)
    }

    fn write(self, columns: &mut [u64]) {
        columns[0] = self.word();
    }
}

impl Field for VmAttributes {
    const COLUMNS: usize = 1;

    #[inline]
    fn read(columns: &[u64]) -> Option<Self> {
        let word = *columns.first()?;
        Some(Self::from_word(word)).filter(|attributes| attributes.word() == word)
    }

    fn write(self, columns: &mut [u64]) {
        columns[0] = self.word();
    }
}

impl<const N: usize> Field for [u64; N] {
    const COLUMNS: usize = N;

    #[inline]
    fn read(columns: &[u64]) -> Option<Self> {
        columns.first_chunk().copied()
    }

    fn write(self, columns: &mut [u64]) {
        columns[..N].copy_from_slice(&self);
    }
}

/// A choice that is written as a number.
macro_rules! choices {
    ($($(#[$doc:meta])* pub enum $name:ident {
        $($(#[$variant_doc:meta])* $variant:ident = $number:literal,)*
    })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum $name {
            $($(#[$variant_doc])* $variant = $number,)*
        }

        impl $crate::field::Field for $name {
            const COLUMNS: usize = 1;

            #[inline]
            fn read(columns: &[u64]) -> Option<Self> {
                match columns.first()? {
                    $($number => Some(Self::$variant),)*
                    _ => None,
                }
            }

            fn write(self, columns: &mut [u64]) {
                columns[0] = self as u64;
            }
        }
    )*};
}

/// A kind of row: a structure whose fields take its columns in order.
macro_rules! rows {
    ($($(#[$doc:meta])* pub struct $name:ident: $part:literal {
        $($(#[$field_doc:meta])* pub $field:ident: $kind:ty,)*
    })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $kind,)*
        }

        impl $crate::rows::Row for $name {
            const PART: &'static str = $part;
            const COLUMNS: usize = 0 $(+ <$kind as $crate::field::Field>::COLUMNS)*;

            #[inline]
            fn from_values(values: &$crate::rows::Values) -> Option<Self> {
                let columns = &values[..];
                $(let ($field, columns) = $crate::field::take::<$kind>(columns)?;)*
                let _ = columns;
                Some(Self { $($field,)* })
            }

            fn values(&self) -> $crate::rows::Values {
                let mut values = $crate::rows::Values::default();
                let columns = &mut values[..];
                $(let columns = $crate::field::put(self.$field, columns);)*
                let _ = columns;
                values
            }
        }
    )*};
}

pub(crate) use {choices, rows};

/// Reads a field from the first columns; the others are left.
#[inline]
pub(crate) fn take<F: Field>(columns: &[u64]) -> Option<(F, &[u64])> {
    Some((F::read(columns)?, columns.get(F::COLUMNS..)?))
}

/// Sets the first columns to a field; the others are left.
pub(crate) fn put<F: Field>(field: F, columns: &mut [u64]) -> &mut [u64] {
    field.write(columns);
    &mut columns[F::COLUMNS..]
}
