/* Writes down which kernel instructions a window executed that the program under measurement
 * marks (marks.h), and which memory they read and wrote.
 *
 * Arguments: out=FILE, operation=N and lane=N. FILE has the last window of that lane, in the order
 * of execution: a line `ADDRESS INSTRUCTION` for each instruction, and behind it `load ADDRESS
 * BYTES` or `store ADDRESS BYTES` for each of its accesses. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "marks.h"
#include "qemu-plugin.h"

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

/* A longer window is cut. */
enum { MOST = 1 << 20 };

struct instruction {
    uint64_t address;
    char *text;
};

static FILE *out;
static unsigned wanted_operation, wanted_lane, operation, lane;
static size_t length;

/* An instruction, or if there is none an access of the one before. */
static struct {
    const struct instruction *instruction;
    uint64_t address;
    unsigned bytes;
    bool is_store;
} events[MOST];

static void execute(unsigned vcpu, void *instruction)
{
    (void)vcpu;
    if (lane && length < MOST) {
        events[length++].instruction = instruction;
    }
}

static void access(unsigned vcpu, qemu_plugin_meminfo_t info, uint64_t address, void *data)
{
    (void)vcpu;
    (void)data;
    if (lane && length < MOST) {
        events[length].instruction = NULL;
        events[length].address = address;
        events[length].bytes = 1u << qemu_plugin_mem_size_shift(info);
        events[length].is_store = qemu_plugin_mem_is_store(info);
        length++;
    }
}

static void write_down(void)
{
    rewind(out);
    for (size_t i = 0; i < length; i++) {
        const struct instruction *instruction = events[i].instruction;
        if (instruction) {
            fprintf(out, "%016" PRIx64 " %s\n", instruction->address, instruction->text);
        } else {
            fprintf(out, "%s %016" PRIx64 " %u\n", events[i].is_store ? "store" : "load",
                    events[i].address, events[i].bytes);
        }
    }
    fflush(out);
}

static void at_mark(unsigned vcpu, void *argument)
{
    (void)vcpu;
    unsigned mark = (unsigned)(uintptr_t)argument;
    if (mark >= MARK_OPERATIONS) {
        operation = mark - MARK_OPERATIONS;
        lane = 0;
    } else if (mark > 0 && mark < MARK_CLOSE) {
        lane = operation == wanted_operation && mark == wanted_lane ? mark : 0;
        length = 0;
    } else if (mark == MARK_CLOSE && lane) {
        write_down();
        lane = 0;
    }
}

/* Never freed: QEMU keeps what it has translated. */
static struct instruction *remember(struct qemu_plugin_insn *insn)
{
    struct instruction *instruction = malloc(sizeof *instruction);
    if (instruction) {
        instruction->address = qemu_plugin_insn_vaddr(insn);
        instruction->text = qemu_plugin_insn_disas(insn);
    }
    return instruction;
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uint32_t word;
        memcpy(&word, qemu_plugin_insn_data(insn), sizeof word);
        if (qemu_plugin_insn_vaddr(insn) >> 63) {
            struct instruction *instruction = remember(insn);
            if (instruction) {
                qemu_plugin_register_vcpu_insn_exec_cb(insn, execute, QEMU_PLUGIN_CB_NO_REGS,
                                                       instruction);
                qemu_plugin_register_vcpu_mem_cb(insn, access, QEMU_PLUGIN_CB_NO_REGS,
                                                 QEMU_PLUGIN_MEM_RW, NULL);
            }
        } else if (is_mark(word)) {
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
        } else if (strncmp(argv[i], "operation=", 10) == 0) {
            wanted_operation = (unsigned)strtoul(argv[i] + 10, NULL, 10);
        } else if (strncmp(argv[i], "lane=", 5) == 0) {
            wanted_lane = (unsigned)strtoul(argv[i] + 5, NULL, 10);
        }
    }
    if (!out) {
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
    return 0;
}
