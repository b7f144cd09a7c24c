//! Why a fast path was not taken.

/// Defines an enumeration together with the list of its variants.
macro_rules! reasons {
    ($(#[$about:meta])* pub enum $name:ident {
        $($(#[$meaning:meta])* $reason:ident,)*
    }) => {
        $(#[$about])*
        pub enum $name {
            $($(#[$meaning])* $reason,)*
        }

        impl $name {
            /// All reasons in order: each at its own number.
            pub const ALL: &[Self] = &[$(Self::$reason),*];
        }
    };
}

reasons! {
/// One reason for each check of a fast path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Miss {
    /// There is no fast path for this kind of entry.
    NoPath,
    /// A narrow path leaves this to the wide one.
    Narrow,
    /// Something happened to the core meanwhile, or its thread is gone.
    Alert,
    /// The message takes capabilities along.
    ExtraCaps,
    /// A capability address leads nowhere.
    Lookup,
    /// The capability is neither one to an endpoint nor one to an object with a short way.
    OtherObject,
    /// The capability to an endpoint lacks a right.
    NotForSending,
    /// The capability to receive with is not one to an endpoint, or lacks a right.
    NotForReceiving,
    /// The capability in x6 is not one to a reply object.
    NotForReplying,
    /// Nobody waits for a message.
    NoReceiver,
    /// The receiver has no reply object to hold the caller.
    NoReplyObject,
    /// The receiver has time of its own: two scheduling contexts are involved.
    ActiveServer,
    /// Nobody waits for this reply, or who waits did not lend the time that the server runs on.
    NoCaller,
    /// The caller reported an exhausted budget, or its handler refuses to let it go on.
    FaultStays,
    /// A message or a signal waits for the server already.
    MoreWork,
    /// The other thread belongs to another core.
    OtherCore,
    /// The other thread belongs to another domain.
    OtherDomain,
    /// A thread of higher priority is ready.
    BetterReady,
    /// The other thread has no living address space.
    NoSpace,
    /// There is no short way to do this to this kind of object.
    NotShort,
    /// The message to a page or a page table is refused.
    Refused,
    /// The capability is not one to a notification, or lacks a right.
    NotForSignalling,
    /// The other thread has no scheduling context, or one without a budget now.
    NoTime,
    /// The other thread's scheduling context keeps unused time.
    Sporadic,
    /// The current budget is used up.
    BudgetOver,
    /// The timer came, but the current slice is not over.
    BudgetLeft,
    /// The current budget does not return in slices.
    NoSlices,
    /// A budget has returned meanwhile.
    ReleaseDue,
    /// The slice of the current domain is over.
    DomainOver,
    /// No interrupt is pending.
    Spurious,
    /// Nobody handles the interrupt, or the kernel does.
    NoHandler,
}
}
