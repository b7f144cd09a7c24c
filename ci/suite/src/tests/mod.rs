//! The tests: one module for each section of the ABI documents, named after it.
//!
//! A section with many statements has several modules. Those named after libsys test what the
//! library makes of the ABI.

use crate::framework::test::Test;

pub mod abi_10_bootinfo;
pub mod abi_11_initial;
pub mod abi_12_constants;
pub mod abi_1_entering;
pub mod abi_1_numbers;
pub mod abi_1_phases;
pub mod abi_2_message_info;
pub mod abi_3_buffer;
pub mod abi_4_cap_transfer;
pub mod abi_4_extra_caps;
pub mod abi_5_encodings;
pub mod abi_6_types;
pub mod abi_7_labels;
pub mod abi_8_errors;
pub mod abi_8_faults_cap;
pub mod abi_8_faults_delivery;
pub mod abi_8_faults_memory;
pub mod abi_8_lookup;
pub mod abi_8_policy;
pub mod abi_9_context;
mod alarm;
pub mod boot_machine;
pub mod boot_memory;
pub mod fast_paths;
pub mod foreign_calls;
pub mod foreign_files;
pub mod leaks;
pub mod libsys_console;
pub mod libsys_executor;
pub mod libsys_memory;
pub mod libsys_rings;
pub mod libsys_servers;
pub mod objects_10_delivery;
pub mod objects_10_issue;
pub mod objects_11_asids;
pub mod objects_11_caches;
pub mod objects_11_machine;
pub mod objects_11_pages;
pub mod objects_11_tables;
pub mod objects_12_smp;
pub mod objects_12_stress;
pub mod objects_1_states;
pub mod objects_2_untyped;
pub mod objects_2_untyped_effects;
pub mod objects_3_cancel;
pub mod objects_3_cnode;
pub mod objects_3_cnode_effects;
pub mod objects_3_rights;
pub mod objects_3_rotate;
pub mod objects_4_derivation;
pub mod objects_4_final;
pub mod objects_4_preemption;
pub mod objects_4_self;
pub mod objects_5_registers;
pub mod objects_5_scheduling;
pub mod objects_5_spaces;
pub mod objects_5_states;
pub mod objects_6_donation;
pub mod objects_6_queues;
pub mod objects_6_receiving;
pub mod objects_6_sending;
pub mod objects_7_binding;
pub mod objects_7_contexts;
pub mod objects_7_signals;
pub mod objects_8_replies;
pub mod objects_8_stacks;
pub mod objects_9_budgets;
pub mod objects_9_configure;
pub mod objects_9_contexts;
pub mod objects_9_domains;
pub mod objects_9_scheduler;
pub mod objects_9_timeouts;
pub mod objects_9_yield_to;
mod retype;
mod threads;
mod tools;

/// All tests, in the order of the documents.
pub const MODULES: &[&[Test]] = &[
    abi_1_entering::TESTS,
    abi_1_phases::TESTS,
    abi_1_numbers::TESTS,
    abi_2_message_info::TESTS,
    abi_3_buffer::TESTS,
    abi_4_cap_transfer::TESTS,
    abi_4_extra_caps::TESTS,
    abi_5_encodings::TESTS,
    abi_6_types::TESTS,
    abi_7_labels::TESTS,
    abi_8_errors::TESTS,
    abi_8_lookup::TESTS,
    abi_8_policy::TESTS,
    abi_8_faults_cap::TESTS,
    abi_8_faults_memory::TESTS,
    abi_8_faults_delivery::TESTS,
    abi_9_context::TESTS,
    abi_10_bootinfo::TESTS,
    abi_11_initial::TESTS,
    abi_12_constants::TESTS,
    objects_1_states::TESTS,
    objects_2_untyped::TESTS,
    objects_2_untyped_effects::TESTS,
    objects_3_cnode::TESTS,
    objects_3_cnode_effects::TESTS,
    objects_3_rotate::TESTS,
    objects_3_rights::TESTS,
    objects_3_cancel::TESTS,
    objects_4_derivation::TESTS,
    objects_4_final::TESTS,
    objects_4_self::TESTS,
    objects_4_preemption::TESTS,
    objects_5_registers::TESTS,
    objects_5_spaces::TESTS,
    objects_5_scheduling::TESTS,
    objects_5_states::TESTS,
    objects_6_sending::TESTS,
    objects_6_queues::TESTS,
    objects_6_receiving::TESTS,
    objects_6_donation::TESTS,
    objects_7_signals::TESTS,
    objects_7_binding::TESTS,
    objects_7_contexts::TESTS,
    objects_8_replies::TESTS,
    objects_8_stacks::TESTS,
    objects_9_configure::TESTS,
    objects_9_contexts::TESTS,
    objects_9_yield_to::TESTS,
    objects_9_scheduler::TESTS,
    objects_9_budgets::TESTS,
    objects_9_timeouts::TESTS,
    objects_9_domains::TESTS,
    objects_10_issue::TESTS,
    objects_10_delivery::TESTS,
    objects_11_pages::TESTS,
    objects_11_tables::TESTS,
    objects_11_caches::TESTS,
    objects_11_asids::TESTS,
    objects_11_machine::TESTS,
    objects_12_smp::TESTS,
    objects_12_stress::TESTS,
    boot_memory::TESTS,
    libsys_memory::TESTS,
    boot_machine::TESTS,
    fast_paths::TESTS,
    foreign_calls::TESTS,
    foreign_files::TESTS,
    leaks::TESTS,
    libsys_servers::TESTS,
    libsys_rings::TESTS,
    libsys_console::TESTS,
    libsys_executor::TESTS,
];
