/* The marks of the program under measurement: the instruction `movz xzr, #N` at user level, which
 * does nothing.
 *   1 to 7       opens a window in lane N, instead of the one that is open
 *   8            closes the open window
 *   256 and up   says that operation N - 256 follows */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { MARK_CLOSE = 8, MARK_OPERATIONS = 256 };

static inline bool is_mark(uint32_t instruction)
{
    return (instruction & 0xffe0001f) == 0xd280001f;
}

static inline unsigned mark_of(uint32_t instruction)
{
    return instruction >> 5 & 0xffff;
}
