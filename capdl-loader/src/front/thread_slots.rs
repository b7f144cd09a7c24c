//! The slots that a thread has in the other formats.

use layout::thread::Role;

/// By number: the name, and what the slot is for, unless this machine has no such slot.
pub(super) const THREAD_SLOTS: [(&str, Option<Role>); 10] = [
    ("cspace", Some(Role::CSpace)),
    ("vspace", Some(Role::VSpace)),
    ("reply_slot", None),
    ("caller_slot", None),
    ("ipc_buffer_slot", Some(Role::Buffer)),
    ("fault_ep_slot", Some(Role::FaultHandler)),
    ("sc_slot", Some(Role::SchedContext)),
    ("temp_fault_ep_slot", Some(Role::TimeoutHandler)),
    ("bound_notification", Some(Role::Notification)),
    ("bound_vcpu", None),
];

/// The slot that has this use.
pub(super) fn thread_slot(role: Role) -> u64 {
    THREAD_SLOTS.iter().zip(0..).find(|((_, used), _)| *used == Some(role)).map_or(0, |(_, n)| n)
}
