#include "tr_arena.h"

#include <stdint.h>

#include "tr_model.h"

#define GUARD_BYTES 16U
#define GUARD_BYTE 0xA5U

/* The linker script puts this variable where the board has its fastest memory. */
static struct {
    uint8_t before[GUARD_BYTES];
    uint8_t bytes[(TR_MODEL_ARENA_BYTES + 15U) / 16U * 16U];
    uint8_t after[GUARD_BYTES];
} tr_arena_memory __attribute__((aligned(16)));

void tr_arena_start(void)
{
    for (uint32_t i = 0; i < GUARD_BYTES; i++) {
        tr_arena_memory.before[i] = GUARD_BYTE;
        tr_arena_memory.after[i] = GUARD_BYTE;
    }
}

void *tr_arena(void)
{
    return tr_arena_memory.bytes;
}

bool tr_arena_whole(void)
{
    bool whole = true;
    for (uint32_t i = 0; i < GUARD_BYTES; i++) {
        whole = whole && tr_arena_memory.before[i] == GUARD_BYTE &&
                tr_arena_memory.after[i] == GUARD_BYTE;
    }
    return whole;
}
