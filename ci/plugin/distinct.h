/* A set of numbers that is emptied often: what a window of the measurement has touched.
 *
 * Open addressing; a slot is in use if it has the stamp of the present window, so that emptying
 * takes one addition. A set that is three quarters full takes nothing more. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { DISTINCT_SLOTS = 1 << 16, DISTINCT_MOST = DISTINCT_SLOTS / 4 * 3 };

struct distinct {
    uint64_t count, stamp;
    struct {
        uint64_t number, stamp;
    } slots[DISTINCT_SLOTS];
};

static inline void distinct_clear(struct distinct *set)
{
    set->stamp++;
    set->count = 0;
}

static inline void distinct_add(struct distinct *set, uint64_t number)
{
    uint64_t slot = number * 0x9e3779b97f4a7c15 >> 48;
    while (set->slots[slot].stamp == set->stamp) {
        if (set->slots[slot].number == number) {
            return;
        }
        slot = (slot + 1) % DISTINCT_SLOTS;
    }
    if (set->count < DISTINCT_MOST) {
        set->slots[slot].number = number;
        set->slots[slot].stamp = set->stamp;
        set->count++;
    }
}
