/* Counts what a single core does in windows that the program under measurement marks (marks.h).
 *
 * Arguments: out=FILE, and footprint=on to count also what the kernel touches. FILE gets a line
 * for the boot, everything before the first return to user level, and one for each window:
 *   boot kernel K user U entries E longest L checks C ...
 *   sample OPERATION LANE kernel K user U entries E longest L checks C msr M isb I dsb S dmb B
 *     code_lines L code_pages P data_lines L data_pages P trace T
 * kernel and user are instructions, entries those into the kernel. The longest stretch of kernel
 * instructions ends when the kernel looks for pending interrupts (reads ISR_EL1, a check), sleeps
 * or returns. Lines of 64 bytes and pages of 4 KiB are distinct virtual ones that the kernel
 * executes, reads or writes. The trace is a hash over the addresses of all instructions since the
 * machine's start, to compare runs. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "distinct.h"
#include "marks.h"
#include "qemu-plugin.h"

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

enum { LINE = 6, PAGE = 12 };

static FILE *out;
static bool footprint, at_user, booted;
static unsigned operation, lane;
static uint64_t trace = 0xcbf29ce484222325;

/* What is counted in a window. */
static uint64_t kernel, user, entries, longest, checks, stretch, msr, isb, dsb, dmb;
static struct distinct code_lines, code_pages, data_lines, data_pages;

static void clear(void)
{
    kernel = user = entries = longest = checks = stretch = msr = isb = dsb = dmb = 0;
    distinct_clear(&code_lines);
    distinct_clear(&code_pages);
    distinct_clear(&data_lines);
    distinct_clear(&data_pages);
}

static void report(void)
{
    fprintf(out, " kernel %" PRIu64 " user %" PRIu64 " entries %" PRIu64, kernel, user, entries);
    fprintf(out, " longest %" PRIu64 " checks %" PRIu64, longest, checks);
    fprintf(out, " msr %" PRIu64 " isb %" PRIu64 " dsb %" PRIu64 " dmb %" PRIu64, msr, isb, dsb,
            dmb);
    fprintf(out, " code_lines %" PRIu64 " code_pages %" PRIu64, code_lines.count,
            code_pages.count);
    fprintf(out, " data_lines %" PRIu64 " data_pages %" PRIu64, data_lines.count,
            data_pages.count);
    fprintf(out, " trace %016" PRIx64 "\n", trace);
    fflush(out);
}

static void end_stretch(void)
{
    if (stretch > longest) {
        longest = stretch;
    }
    stretch = 0;
}

static void note(uint64_t address)
{
    trace = (trace ^ address) * 0x100000001b3;
}

/* Each instruction calls one of these, chosen when it is translated. */

static void in_kernel(unsigned vcpu, void *address)
{
    (void)vcpu;
    uint64_t here = (uint64_t)(uintptr_t)address;
    note(here);
    if (at_user) {
        at_user = false;
        entries++;
    }
    kernel++;
    stretch++;
    if (footprint && lane) {
        distinct_add(&code_lines, here >> LINE);
        distinct_add(&code_pages, here >> PAGE);
    }
}

static void kernel_check(unsigned vcpu, void *address)
{
    in_kernel(vcpu, address);
    checks++;
    end_stretch();
}

static void kernel_return(unsigned vcpu, void *address)
{
    in_kernel(vcpu, address);
    end_stretch();
    at_user = true;
    if (!booted) {
        booted = true;
        fprintf(out, "boot");
        report();
        clear();
    }
}

/* Low addresses belong to user level, or to the kernel before it has switched the MMU on. */
static void at_low_address(unsigned vcpu, void *address)
{
    if (!at_user) {
        in_kernel(vcpu, address);
        return;
    }
    note((uint64_t)(uintptr_t)address);
    user++;
}

/* The mark itself is in no window. */
static void at_mark(unsigned mark)
{
    if (mark >= MARK_OPERATIONS) {
        operation = mark - MARK_OPERATIONS;
        lane = 0;
    } else if (mark > 0 && mark < MARK_CLOSE) {
        lane = mark;
        clear();
    } else if (mark == MARK_CLOSE && lane) {
        user--;
        fprintf(out, "sample %u %u", operation, lane);
        report();
        lane = 0;
    }
}

static void user_mark(unsigned vcpu, void *mark)
{
    at_low_address(vcpu, mark);
    if (at_user) {
        at_mark((unsigned)(uintptr_t)mark);
    }
}

static void plus_one(unsigned vcpu, void *counter)
{
    (void)vcpu;
    ++*(uint64_t *)counter;
}

static void kernel_access(unsigned vcpu, qemu_plugin_meminfo_t info, uint64_t address, void *data)
{
    (void)vcpu;
    (void)data;
    if (!lane) {
        return;
    }
    uint64_t last = address + (UINT64_C(1) << qemu_plugin_mem_size_shift(info)) - 1;
    distinct_add(&data_lines, address >> LINE);
    distinct_add(&data_lines, last >> LINE);
    distinct_add(&data_pages, address >> PAGE);
    distinct_add(&data_pages, last >> PAGE);
}

/* The counter of a kind of kernel instruction, if it has one (Arm ARM C4.1.94). */
static uint64_t *counter_of(uint32_t word)
{
    bool is_barrier = (word & 0xfffff01f) == 0xd503301f;
    if ((word & 0xfff00000) == 0xd5100000 || (word & 0xfff8f01f) == 0xd500401f) {
        return &msr;
    }
    switch (is_barrier ? word >> 5 & 7 : 0) {
    case 4:
        return &dsb;
    case 5:
        return &dmb;
    case 6:
        return &isb;
    default:
        return NULL;
    }
}

static qemu_plugin_vcpu_udata_cb_t kernel_counter(uint32_t word)
{
    bool reads_pending_interrupts = (word & 0xffffffe0) == 0xd538c100;
    bool sleeps = word == 0xd503207f;
    bool returns = word == 0xd69f03e0;
    if (reads_pending_interrupts || sleeps) {
        return kernel_check;
    }
    return returns ? kernel_return : in_kernel;
}

static void translate_kernel(struct qemu_plugin_insn *insn, uint32_t word, uint64_t address)
{
    qemu_plugin_register_vcpu_insn_exec_cb(insn, kernel_counter(word), QEMU_PLUGIN_CB_NO_REGS,
                                           (void *)(uintptr_t)address);
    uint64_t *counter = counter_of(word);
    if (counter) {
        qemu_plugin_register_vcpu_insn_exec_cb(insn, plus_one, QEMU_PLUGIN_CB_NO_REGS, counter);
    }
    if (footprint) {
        qemu_plugin_register_vcpu_mem_cb(insn, kernel_access, QEMU_PLUGIN_CB_NO_REGS,
                                         QEMU_PLUGIN_MEM_RW, NULL);
    }
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uint64_t address = qemu_plugin_insn_vaddr(insn);
        uint32_t word;
        memcpy(&word, qemu_plugin_insn_data(insn), sizeof word);
        if (address >> 63) {
            translate_kernel(insn, word, address);
            continue;
        }
        uintptr_t argument = is_mark(word) ? mark_of(word) : address;
        qemu_plugin_register_vcpu_insn_exec_cb(insn, is_mark(word) ? user_mark : at_low_address,
                                               QEMU_PLUGIN_CB_NO_REGS, (void *)argument);
    }
}

static void finish(qemu_plugin_id_t id, void *userdata)
{
    (void)id;
    (void)userdata;
    fclose(out);
}

__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id,
                                                               const qemu_info_t *info, int argc,
                                                               char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "out=", 4) == 0) {
            out = fopen(argv[i] + 4, "w");
        }
        footprint |= strcmp(argv[i], "footprint=on") == 0;
    }
    if (!out) {
        return 1;
    }
    clear();
    qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
    qemu_plugin_register_atexit_cb(id, finish, NULL);
    return 0;
}
