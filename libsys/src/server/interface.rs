//! Interfaces, declared once.

/// Declares what a server can be asked, for both sides.
///
/// Each operation has a name, a label that is different from the others', arguments, and perhaps
/// an answer. All of them must be [fields](crate::server::Field), and fit into a message together,
/// with one capability at most; this is checked when the program is compiled. The module gets:
///
/// | item | what |
/// |---|---|
/// | `Client` | calls the server: one method for each operation |
/// | `Server` | a trait with the same methods, for servers that answer at once |
/// | `Call` | a received operation that can be answered later, for servers with futures |
/// | a struct for each operation | its arguments |
///
/// ```
/// use libsys::object::{Endpoint, Page};
/// use libsys::server::Text;
/// use libsys::{Badge, Cap, data, interface};
///
/// data! {
///     /// Why a page is not stored.
///     pub enum StoreError {
///         /// There is no room.
///         Full = 1,
///         /// No page has this name.
///         Unknown = 2,
///     }
/// }
///
/// interface! {
///     /// Keeps pages by their names.
///     pub mod store {
///         type Error = StoreError;
///
///         /// Keeps a page; answers how many there are.
///         Put = 1: fn put(name: Text<32>, page: Cap<Page>) -> u32;
///         /// Forgets a page.
///         Remove = 2: fn remove(name: Text<32>);
///     }
/// }
///
/// /// A store without room.
/// struct Nothing;
///
/// impl store::Server for Nothing {
///     fn put(&mut self, _: Badge, _: Text<32>, _: Cap<Page>) -> Result<u32, StoreError> {
///         Err(StoreError::Full)
///     }
///
///     fn remove(&mut self, _: Badge, _: Text<32>) -> Result<(), StoreError> {
///         Err(StoreError::Unknown)
///     }
/// }
///
/// // The client's side, in another program.
/// fn forget(server: Cap<Endpoint>) {
///     let store = store::Client::new(server);
///     let name = Text::new("cellar").expect("a short name");
///     if let Err(error) = store.remove(name) {
///         libsys::println!("{error}");
///     }
/// }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! interface {
    (
        $(#[$about:meta])*
        $visibility:vis mod $name:ident {
            type Error = $error:ty;
            $(
                $(#[$doc:meta])*
                $operation:ident = $label:literal:
                    fn $method:ident($($field:ident: $type:ty),* $(,)?) $(-> $answer:ty)?;
            )*
        }
    ) => {
        $(#[$about])*
        #[allow(dead_code, unreachable_pub, reason = "a program uses what it needs, where it does")]
        $visibility mod $name {
            #[allow(unused_imports, clippy::wildcard_imports, reason = "types of the arguments")]
            use super::*;

            /// Why the server refuses.
            pub type Error = $error;

            $(
                $(#[$doc])*
                #[derive(Clone, PartialEq, Debug)]
                pub struct $operation {
                    $(
                        #[allow(missing_docs, reason = "the operation's text describes them")]
                        pub $field: $type,
                    )*
                }

                impl $crate::server::Field for $operation {
                    const WORDS: usize = 0 $(+ <$type as $crate::server::Field>::WORDS)*;
                    const CAPS: usize = 0 $(+ <$type as $crate::server::Field>::CAPS)*;

                    #[inline(always)]
                    fn encode<B: $crate::server::Buffer>(
                        &self,
                        _to: &mut $crate::server::Encoder<'_, B>,
                    ) {
                        $($crate::server::Field::encode(&self.$field, _to);)*
                    }

                    #[inline(always)]
                    fn decode<B: $crate::server::Buffer>(
                        _from: &mut $crate::server::Decoder<'_, B>,
                    ) -> Result<Self, $crate::server::DecodeError> {
                        Ok(Self { $($field: $crate::server::Field::decode(_from)?),* })
                    }
                }

                impl $crate::server::Operation for $operation {
                    const LABEL: u64 = $label;
                    type Answer = $crate::interface!(@answer $($answer)?);
                    type Error = Error;
                }
            )*

            const _: () = $crate::server::check_interface(&[
                $($crate::server::extent::<$operation>()),*
            ]);

            /// Calls the server.
            #[derive(Clone, Copy, Debug)]
            pub struct Client($crate::server::Connection);

            impl Client {
                /// The server behind this endpoint.
                #[must_use]
                pub const fn new(server: $crate::Cap<$crate::object::Endpoint>) -> Self {
                    Self($crate::server::Connection::new(server))
                }

                /// The same, with a slot for the capabilities of answers.
                #[must_use]
                pub const fn receiving_at(self, slot: $crate::SlotPath) -> Self {
                    Self(self.0.receiving_at(slot))
                }

                $(
                    $(#[$doc])*
                    ///
                    /// # Errors
                    /// The server refuses, does not understand, or gives up.
                    #[inline]
                    pub fn $method(&self $(, $field: $type)*)
                        -> Result<
                            $crate::interface!(@answer $($answer)?),
                            $crate::server::CallError<Error>,
                        >
                    {
                        self.0.call(&$operation { $($field),* })
                    }
                )*
            }

            /// Answers at once. Each method gets the client's badge first.
            pub trait Server {
                $(
                    $(#[$doc])*
                    ///
                    /// # Errors
                    /// Why the server refuses.
                    fn $method(&mut self, client: $crate::Badge $(, $field: $type)*)
                        -> Result<$crate::interface!(@answer $($answer)?), Error>;
                )*

                /// Performs what a message asks for, and makes the answer.
                #[inline]
                fn perform<B: $crate::server::Buffer>(
                    &mut self,
                    request: &$crate::server::Request,
                    buffer: &mut B,
                ) -> $crate::server::Outgoing {
                    let error = match request.message.info.label() {
                        $(
                            $label => match $crate::server::understand(request, buffer) {
                                Ok($operation { $($field),* }) => {
                                    let result = self.$method(request.client $(, $field)*);
                                    return $crate::server::answer::<$operation, B>(
                                        &result, buffer,
                                    );
                                }
                                Err(error) => error,
                            },
                        )*
                        label => $crate::server::DecodeError::Label(label),
                    };
                    $crate::server::complain(error, buffer)
                }
            }

            /// A received call that can be answered at any time.
            #[derive(Debug)]
            #[allow(clippy::large_enum_variant, reason = "it lives as long as a match on it")]
            pub enum Call<R: $crate::server::Responder> {
                $(
                    $(#[$doc])*
                    $operation($crate::server::Asked<$operation, R>),
                )*
            }

            impl<R: $crate::server::Responder> Call<R> {
                /// Understands a message. `None`: it was malformed, which its sender knows now.
                #[must_use]
                pub fn accept(request: &$crate::server::Request, responder: R) -> Option<Self> {
                    match request.message.info.label() {
                        $(
                            $label => {
                                let asked = $crate::server::Asked::accept(request, responder);
                                asked.map(Self::$operation)
                            }
                        )*
                        label => {
                            let error = $crate::server::DecodeError::Label(label);
                            $crate::server::reject(responder, error);
                            None
                        }
                    }
                }
            }
        }
    };
    (@answer) => { () };
    (@answer $answer:ty) => { $answer };
}

/// Declares plain data for messages: a struct of [fields](crate::server::Field), or an enum of
/// numbers that fit 64 bits.
///
/// ```
/// use libsys::data;
///
/// data! {
///     /// A place on the screen.
///     #[derive(Default)]
///     pub struct Place {
///         /// From the left.
///         pub x: u32,
///         /// From the top.
///         pub y: u32,
///     }
/// }
///
/// data! {
///     /// A button of the mouse.
///     pub enum Button {
///         /// The left one.
///         Left = 1,
///         /// The right one.
///         Right = 2,
///     }
/// }
///
/// assert_eq!(Button::try_from(2), Ok(Button::Right));
/// assert_eq!(Button::try_from(3), Err(3), "only what is declared");
/// ```
#[macro_export]
macro_rules! data {
    (
        $(#[$about:meta])*
        $visibility:vis struct $name:ident {
            $($(#[$doc:meta])* $part:vis $field:ident: $type:ty),* $(,)?
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[allow(unreachable_pub, reason = "types of an interface are as visible as it is")]
        $visibility struct $name {
            $($(#[$doc])* $part $field: $type),*
        }

        impl $crate::server::Field for $name {
            const WORDS: usize = 0 $(+ <$type as $crate::server::Field>::WORDS)*;
            const CAPS: usize = 0 $(+ <$type as $crate::server::Field>::CAPS)*;

            #[inline(always)]
            fn encode<B: $crate::server::Buffer>(
                &self,
                to: &mut $crate::server::Encoder<'_, B>,
            ) {
                $($crate::server::Field::encode(&self.$field, to);)*
            }

            #[inline(always)]
            fn decode<B: $crate::server::Buffer>(
                from: &mut $crate::server::Decoder<'_, B>,
            ) -> Result<Self, $crate::server::DecodeError> {
                Ok(Self { $($field: $crate::server::Field::decode(from)?),* })
            }
        }
    };
    (
        $(#[$about:meta])*
        $visibility:vis enum $name:ident {
            $($(#[$doc:meta])* $variant:ident = $number:literal),* $(,)?
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u64)]
        #[allow(unreachable_pub, reason = "types of an interface are as visible as it is")]
        $visibility enum $name {
            $($(#[$doc])* $variant = $number),*
        }

        impl TryFrom<u64> for $name {
            type Error = u64;

            #[inline(always)]
            fn try_from(number: u64) -> Result<Self, u64> {
                match number {
                    $($number => Ok(Self::$variant),)*
                    other => Err(other),
                }
            }
        }

        impl $crate::server::Field for $name {
            const WORDS: usize = 1;
            const CAPS: usize = 0;

            #[inline(always)]
            fn encode<B: $crate::server::Buffer>(
                &self,
                to: &mut $crate::server::Encoder<'_, B>,
            ) {
                to.word(*self as u64);
            }

            #[inline(always)]
            fn decode<B: $crate::server::Buffer>(
                from: &mut $crate::server::Decoder<'_, B>,
            ) -> Result<Self, $crate::server::DecodeError> {
                from.checked(|word| Self::try_from(word).ok())
            }
        }
    };
}
