/* Counts who executes how many instructions in windows that the program under measurement marks
 * (marks.h): the kernel, and each page of code at user level. Whose page it is shows its content:
 * programs lie at the same addresses, and a plugin sees no registers to tell their spaces apart.
 *
 * Argument: out=FILE. FILE gets a line for each page of user level when it is first translated,
 * and one for each window:
 *   page NUMBER ADDRESS HASH
 *   sample OPERATION LANE nanoseconds N kernel K entries E sleeps S pages NUMBER:COUNT ...
 * HASH is FNV-1a over the 4096 bytes of the page. Nanoseconds are of the development machine's
 * clock. Entries are returns from the kernel, sleeps are WFI of the kernel. A window in lane 2
 * begins anew at each of those: what is counted is what follows the last. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "marks.h"
#include "qemu-plugin.h"

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

enum { PAGE = 4096, SLOTS = 1 << 14, MOST = SLOTS / 2, LANE_AFTER_SLEEP = 2 };

static FILE *out;
static unsigned operation, lane;
static uint64_t kernel, entries, sleeps, opened;
/* What the counters said when the window was opened. */
static uint64_t kernel_before, entries_before, sleeps_before;

/* A page of code, found by its address and its hash. */
struct page {
    uint64_t address, hash, count, before;
    struct page *next;
};

static struct page pages[MOST];
static unsigned known;
static struct page *slots[SLOTS];

static uint64_t hash_of(const unsigned char *bytes)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (unsigned i = 0; i < PAGE; i++) {
        hash = (hash ^ bytes[i]) * 0x100000001b3;
    }
    return hash;
}

/* Pages beyond the last that there is room for count as one, number 0, as do those without
 * memory of the host. */
static struct page *page_of(uint64_t address, const void *host)
{
    if (!host) {
        return &pages[0];
    }
    uintptr_t start = (uintptr_t)host & ~(uintptr_t)(PAGE - 1);
    uint64_t hash = hash_of((const unsigned char *)start);
    address &= ~(uint64_t)(PAGE - 1);
    struct page **slot = &slots[(hash ^ address >> 12) % SLOTS];
    for (struct page *page = *slot; page; page = page->next) {
        if (page->address == address && page->hash == hash) {
            return page;
        }
    }
    if (known + 1 >= MOST) {
        return &pages[0];
    }
    struct page *page = &pages[++known];
    *page = (struct page){.address = address, .hash = hash, .next = *slot};
    *slot = page;
    fprintf(out, "page %u %" PRIx64 " %016" PRIx64 "\n", known, address, hash);
    return page;
}

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void begin(void)
{
    for (unsigned i = 0; i <= known; i++) {
        pages[i].before = pages[i].count;
    }
    kernel_before = kernel;
    entries_before = entries;
    sleeps_before = sleeps;
    opened = now();
}

static void report(void)
{
    uint64_t elapsed = now() - opened;
    fprintf(out, "sample %u %u nanoseconds %" PRIu64, operation, lane, elapsed);
    fprintf(out, " kernel %" PRIu64 " entries %" PRIu64, kernel - kernel_before,
            entries - entries_before);
    fprintf(out, " sleeps %" PRIu64 " pages", sleeps - sleeps_before);
    for (unsigned i = 0; i <= known; i++) {
        if (pages[i].count != pages[i].before) {
            fprintf(out, " %u:%" PRIu64, i, pages[i].count - pages[i].before);
        }
    }
    fprintf(out, "\n");
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
        lane = mark;
        begin();
    } else if (mark == MARK_CLOSE && lane) {
        report();
        lane = 0;
    }
}

static void at_sleep(unsigned vcpu, void *argument)
{
    (void)vcpu;
    (void)argument;
    if (lane == LANE_AFTER_SLEEP) {
        begin();
    }
    sleeps++;
}

static void plus_one(struct qemu_plugin_insn *insn, uint64_t *counter)
{
    qemu_plugin_register_vcpu_insn_exec_inline(insn, QEMU_PLUGIN_INLINE_ADD_U64, counter, 1);
}

static void translate_kernel(struct qemu_plugin_insn *insn, uint32_t word)
{
    plus_one(insn, &kernel);
    if (word == 0xd69f03e0) {
        plus_one(insn, &entries);
    } else if (word == 0xd503207f) {
        qemu_plugin_register_vcpu_insn_exec_cb(insn, at_sleep, QEMU_PLUGIN_CB_NO_REGS, NULL);
    }
}

/* The mark itself is in no window. */
static void translate_user(struct qemu_plugin_insn *insn, uint32_t word, struct page *page)
{
    if (is_mark(word)) {
        qemu_plugin_register_vcpu_insn_exec_cb(insn, at_mark, QEMU_PLUGIN_CB_NO_REGS,
                                               (void *)(uintptr_t)mark_of(word));
    } else {
        plus_one(insn, &page->count);
    }
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    struct page *page = NULL;
    uint64_t last = 0;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uint64_t address = qemu_plugin_insn_vaddr(insn);
        uint32_t word;
        memcpy(&word, qemu_plugin_insn_data(insn), sizeof word);
        if (address >> 63) {
            translate_kernel(insn, word);
            continue;
        }
        if (!page || last / PAGE != address / PAGE) {
            page = page_of(address, qemu_plugin_insn_haddr(insn));
            last = address;
        }
        translate_user(insn, word, page);
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
