//! Why something leads from one point to another.

/// Declares the reasons: name, and the words between what is before and what is behind.
macro_rules! reasons {
    ($($name:ident $words:literal;)*) => {
        /// Why something leads from one point to another.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Why {
            $(
                #[doc = concat!("It ", $words, " the other.")]
                $name,
            )*
        }

        impl Why {
            /// The words between what is before and what is behind.
            #[must_use]
            pub const fn words(self) -> &'static str {
                match self {
                    $(Self::$name => $words,)*
                }
            }
        }
    };
}

reasons! {
    Structure "acts through";
    Writes "writes";
    Reads "can read";
    IsReadBy "is read by";
    Sends "sends to";
    Calls "calls";
    IsReceivedBy "is received by";
    TakesMessages "takes messages from the other receivers of";
    Serves "receives from";
    TellsByRestart "is restarted by the supervisor, which then signals";
    FailsUnder "fails under the authority of";
    HaltsIfLost "has failures that stop";
    StopsWith "stops";
    Answers "answers or takes messages at";
    IsAnsweredTo "is noticed by its sender";
    Signals "signals";
    Wakes "wakes";
    Takes "takes signals from";
    Waits "waits for";
    Controls "controls";
    IsControlledBy "is controlled by";
    Uses "uses";
    IsUsedBy "is used by";
    FaultsTo "faults to";
    AnswersFaultsOf "answers the faults of";
    MayHandOver "may hand over capabilities of";
    MayBeHandedOver "may be sent capabilities by";
    AnswersBy "answers by";
    Carries "may carry, with an answer, capabilities of";
    MayBeAnsweredBy "may be answered by whoever has";
    AnswersAt "is a way to answer whoever waits at";
    HasCallersIn "has callers that wait in";
    HoldsAll "may hand over what it holds, with an answer";
    RunsBy "is run as code or private memory by";
    CanDestroy "can destroy, as it is made of that memory,";
    CanRevoke "can revoke capabilities of";
    IsPartly "is partly the same physical memory as";
    HasRegistersOf "has registers of";
    HasRegistersIn "has registers in";
    ReachesByDma "reaches by DMA";
    IsReadByDmaOf "is read by DMA of";
    IsUnconfined "is not confined: no IOMMU, so that it can have";
    ReachesMemory "reaches";
    IsReachedBy "can be read, without IOMMU, by";
    Contains "contains";
    IsInMemory "is in";
    Raises "raises";
    Has "has the capability for";
    MayTake "may take";
    IsAmong "is among";
}

impl Why {
    /// Whether it only connects what one party acts through, and is no step of its own.
    #[must_use]
    pub const fn is_structure(self) -> bool {
        matches!(self, Self::Structure)
    }
}
