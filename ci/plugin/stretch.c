/* Counts the instructions of a single core, told apart by privilege, between marks that the
 * program under measurement sets, and finds the longest stretch of kernel instructions without a
 * preemption point.
 *
 * Argument: out=FILE. One line for each mark N, about what came before it:
 *   mark N kernel K user U entries E longest L checks C trace T
 * Mark 65535 is the first return to user level: what came before it is the boot.
 * A mark is the instruction `movz xzr, #N` at user level, which does nothing. A stretch ends when
 * the kernel looks for pending interrupts (reads ISR_EL1), sleeps, or returns to user level. The
 * trace is a hash over the addresses of all instructions, to compare runs. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "qemu-plugin.h"

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

enum { EXCEPTION_RETURN = 0xd69f03e0, WAIT_FOR_INTERRUPT = 0xd503207f };

/* The mark of the first user instruction. */
enum { BOOT = 0xffff };

static FILE *out;
static bool at_user, booted;
static uint64_t kernel, user, entries, longest, checks, stretch;
static uint64_t trace = 0xcbf29ce484222325;

static void end_stretch(void)
{
    if (stretch > longest) {
        longest = stretch;
    }
    stretch = 0;
}

static void report(unsigned mark)
{
    fprintf(out,
            "mark %u kernel %" PRIu64 " user %" PRIu64 " entries %" PRIu64 " longest %" PRIu64
            " checks %" PRIu64 " trace %016" PRIx64 "\n",
            mark, kernel, user, entries, longest, checks, trace);
    fflush(out);
    kernel = user = entries = longest = checks = stretch = 0;
}

static void note(uint64_t address)
{
    trace = (trace ^ address) * 0x100000001b3;
}

/* Each instruction calls one of these, chosen when it is translated. */

static void in_kernel(unsigned vcpu, void *address)
{
    (void)vcpu;
    note((uint64_t)(uintptr_t)address);
    if (at_user) {
        at_user = false;
        entries++;
    }
    kernel++;
    stretch++;
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
        report(BOOT);
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

static void user_mark(unsigned vcpu, void *mark)
{
    at_low_address(vcpu, mark);
    if (at_user) {
        report((unsigned)(uintptr_t)mark);
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
        qemu_plugin_vcpu_udata_cb_t count = address >> 63 ? in_kernel : at_low_address;
        uintptr_t argument = (uintptr_t)address;
        if (address >> 63 && ((word & 0xffffffe0) == 0xd538c100 || word == WAIT_FOR_INTERRUPT)) {
            count = kernel_check;
        } else if (word == EXCEPTION_RETURN && address >> 63) {
            count = kernel_return;
        } else if ((word & 0xffe0001f) == 0xd280001f && !(address >> 63)) {
            count = user_mark;
            argument = word >> 5 & 0xffff;
        }
        qemu_plugin_register_vcpu_insn_exec_cb(insn, count, QEMU_PLUGIN_CB_NO_REGS,
                                               (void *)argument);
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
    }
    if (!out) {
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
    qemu_plugin_register_atexit_cb(id, finish, NULL);
    return 0;
}
