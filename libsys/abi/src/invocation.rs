//! Labels of invocations on kernel objects.

use crate::EXTENSIONS;

/// The label of a message to a kernel object. There is none for SGI-signal capabilities: any
/// message fires them.
///
/// ```
/// use abi::Invocation;
///
/// assert_eq!(Invocation::UntypedRetype.label(), 1);
/// assert_eq!(Invocation::from_label(1), Some(Invocation::UntypedRetype));
/// assert_eq!(Invocation::from_label(0), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u64)]
pub enum Invocation {
    /// `Untyped_Retype`.
    UntypedRetype = 1,
    /// `TCB_ReadRegisters`.
    ThreadReadRegisters = 2,
    /// `TCB_WriteRegisters`.
    ThreadWriteRegisters = 3,
    /// `TCB_CopyRegisters`.
    ThreadCopyRegisters = 4,
    /// `TCB_Configure`.
    ThreadConfigure = 5,
    /// `TCB_SetPriority`.
    ThreadSetPriority = 6,
    /// `TCB_SetMCPriority`.
    ThreadSetMaxPriority = 7,
    /// `TCB_SetSchedParams`.
    ThreadSetSchedParams = 8,
    /// `TCB_SetTimeoutEndpoint`.
    ThreadSetTimeoutEndpoint = 9,
    /// `TCB_SetIPCBuffer`.
    ThreadSetIpcBuffer = 10,
    /// `TCB_SetSpace`.
    ThreadSetSpace = 11,
    /// `TCB_Suspend`.
    ThreadSuspend = 12,
    /// `TCB_Resume`.
    ThreadResume = 13,
    /// `TCB_BindNotification`.
    ThreadBindNotification = 14,
    /// `TCB_UnbindNotification`.
    ThreadUnbindNotification = 15,
    /// `TCB_SetTLSBase`.
    ThreadSetTlsBase = 16,
    /// `TCB_SetFlags`.
    ThreadSetFlags = 17,
    /// `CNode_Revoke`.
    CNodeRevoke = 18,
    /// `CNode_Delete`.
    CNodeDelete = 19,
    /// `CNode_CancelBadgedSends`.
    CNodeCancelBadgedSends = 20,
    /// `CNode_Copy`.
    CNodeCopy = 21,
    /// `CNode_Mint`.
    CNodeMint = 22,
    /// `CNode_Move`.
    CNodeMove = 23,
    /// `CNode_Mutate`.
    CNodeMutate = 24,
    /// `CNode_Rotate`.
    CNodeRotate = 25,
    /// `IRQControl_Get`.
    IrqControlGet = 26,
    /// `IRQHandler_Ack`.
    IrqHandlerAck = 27,
    /// `IRQHandler_SetNotification`.
    IrqHandlerSetNotification = 28,
    /// `IRQHandler_Clear`.
    IrqHandlerClear = 29,
    /// `DomainSet_Set`.
    DomainSet = 30,
    /// `DomainSet_ScheduleConfigure`.
    DomainScheduleConfigure = 31,
    /// `DomainSet_ScheduleSetStart`.
    DomainScheduleSetStart = 32,
    /// `SchedControl_ConfigureFlags`.
    SchedControlConfigureFlags = 33,
    /// `SchedContext_Bind`.
    SchedContextBind = 34,
    /// `SchedContext_Unbind`.
    SchedContextUnbind = 35,
    /// `SchedContext_UnbindObject`.
    SchedContextUnbindObject = 36,
    /// `SchedContext_Consumed`.
    SchedContextConsumed = 37,
    /// `SchedContext_YieldTo`.
    SchedContextYieldTo = 38,
    /// `VSpace_Clean_Data`.
    VSpaceCleanData = 39,
    /// `VSpace_Invalidate_Data`.
    VSpaceInvalidateData = 40,
    /// `VSpace_CleanInvalidate_Data`.
    VSpaceCleanInvalidateData = 41,
    /// `VSpace_Unify_Instruction`.
    VSpaceUnifyInstruction = 42,
    /// `SMC_Call`.
    SmcCall = 43,
    /// `PageTable_Map`.
    PageTableMap = 44,
    /// `PageTable_Unmap`.
    PageTableUnmap = 45,
    /// `Page_Map`.
    PageMap = 46,
    /// `Page_Unmap`.
    PageUnmap = 47,
    /// `Page_Clean_Data`.
    PageCleanData = 48,
    /// `Page_Invalidate_Data`.
    PageInvalidateData = 49,
    /// `Page_CleanInvalidate_Data`.
    PageCleanInvalidateData = 50,
    /// `Page_Unify_Instruction`.
    PageUnifyInstruction = 51,
    /// `Page_GetAddress`.
    PageAddress = 52,
    /// `ASIDControl_MakePool`.
    AsidControlMakePool = 53,
    /// `ASIDPool_Assign`.
    AsidPoolAssign = 54,
    /// `IRQControl_GetTrigger`.
    IrqControlGetTrigger = 55,
    /// `IRQControl_IssueSGISignal` with one core, `IRQControl_GetTriggerCore` with several.
    IrqControlIssueSgiOrGetTriggerCore = 56,
    /// Marks a thread as running native or foreign system calls: our extension, see
    /// [`foreign`](crate::foreign).
    ThreadSetSystemCalls = EXTENSIONS,
}

const LABELS: [Invocation; 56] = [
    Invocation::UntypedRetype,
    Invocation::ThreadReadRegisters,
    Invocation::ThreadWriteRegisters,
    Invocation::ThreadCopyRegisters,
    Invocation::ThreadConfigure,
    Invocation::ThreadSetPriority,
    Invocation::ThreadSetMaxPriority,
    Invocation::ThreadSetSchedParams,
    Invocation::ThreadSetTimeoutEndpoint,
    Invocation::ThreadSetIpcBuffer,
    Invocation::ThreadSetSpace,
    Invocation::ThreadSuspend,
    Invocation::ThreadResume,
    Invocation::ThreadBindNotification,
    Invocation::ThreadUnbindNotification,
    Invocation::ThreadSetTlsBase,
    Invocation::ThreadSetFlags,
    Invocation::CNodeRevoke,
    Invocation::CNodeDelete,
    Invocation::CNodeCancelBadgedSends,
    Invocation::CNodeCopy,
    Invocation::CNodeMint,
    Invocation::CNodeMove,
    Invocation::CNodeMutate,
    Invocation::CNodeRotate,
    Invocation::IrqControlGet,
    Invocation::IrqHandlerAck,
    Invocation::IrqHandlerSetNotification,
    Invocation::IrqHandlerClear,
    Invocation::DomainSet,
    Invocation::DomainScheduleConfigure,
    Invocation::DomainScheduleSetStart,
    Invocation::SchedControlConfigureFlags,
    Invocation::SchedContextBind,
    Invocation::SchedContextUnbind,
    Invocation::SchedContextUnbindObject,
    Invocation::SchedContextConsumed,
    Invocation::SchedContextYieldTo,
    Invocation::VSpaceCleanData,
    Invocation::VSpaceInvalidateData,
    Invocation::VSpaceCleanInvalidateData,
    Invocation::VSpaceUnifyInstruction,
    Invocation::SmcCall,
    Invocation::PageTableMap,
    Invocation::PageTableUnmap,
    Invocation::PageMap,
    Invocation::PageUnmap,
    Invocation::PageCleanData,
    Invocation::PageInvalidateData,
    Invocation::PageCleanInvalidateData,
    Invocation::PageUnifyInstruction,
    Invocation::PageAddress,
    Invocation::AsidControlMakePool,
    Invocation::AsidPoolAssign,
    Invocation::IrqControlGetTrigger,
    Invocation::IrqControlIssueSgiOrGetTriggerCore,
];

impl Invocation {
    /// The invocation with this label.
    #[must_use]
    pub fn from_label(label: u64) -> Option<Self> {
        if label == Self::ThreadSetSystemCalls.label() {
            return Some(Self::ThreadSetSystemCalls);
        }
        let index = usize::try_from(label.checked_sub(1)?).ok()?;
        LABELS.get(index).copied()
    }

    /// The label word.
    #[must_use]
    pub const fn label(self) -> u64 {
        self as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_round_trip() {
        for label in 1..=56 {
            assert_eq!(Invocation::from_label(label).map(Invocation::label), Some(label));
        }
        let added = Invocation::ThreadSetSystemCalls;
        assert_eq!(Invocation::from_label(added.label()), Some(added));
        assert_eq!(Invocation::from_label(0), None);
        assert_eq!(Invocation::from_label(57), None);
        assert_eq!(Invocation::from_label(EXTENSIONS + 1), None);
        assert_eq!(Invocation::from_label(u64::MAX), None);
    }
}
