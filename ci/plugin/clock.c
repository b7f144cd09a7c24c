/* Measures by the clock of the development machine how long the windows take that the program
 * under measurement marks (marks.h). Nothing but the marks is instrumented.
 *
 * Argument: out=FILE. A line for each window:
 *   sample OPERATION LANE nanoseconds N */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "marks.h"
#include "qemu-plugin.h"

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

static FILE *out;
static unsigned operation, lane;
static uint64_t opened;

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void at_mark(unsigned vcpu, void *argument)
{
    (void)vcpu;
    unsigned mark = (unsigned)(uintptr_t)argument;
    if (mark >= MARK_OPERATIONS) {
        operation = mark - MARK_OPERATIONS;
        lane = 0;
    } else if (mark > 0 && mark < MARK_CLOSE) {
        lane = mark;
        opened = now();
    } else if (mark == MARK_CLOSE && lane) {
        uint64_t elapsed = now() - opened;
        fprintf(out, "sample %u %u nanoseconds %" PRIu64 "\n", operation, lane, elapsed);
        fflush(out);
        lane = 0;
    }
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uint32_t word;
        memcpy(&word, qemu_plugin_insn_data(insn), sizeof word);
        if (is_mark(word) && !(qemu_plugin_insn_vaddr(insn) >> 63)) {
            qemu_plugin_register_vcpu_insn_exec_cb(insn, at_mark, QEMU_PLUGIN_CB_NO_REGS,
                                                   (void *)(uintptr_t)mark_of(word));
        }
    }
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
    return 0;
}
