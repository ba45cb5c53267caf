#include "tr_stack.h"

#include "tr_boot.h"

#define LAST_WORDS 4U

uint32_t tr_stack_bytes(void)
{
    return (uint32_t)((uintptr_t)tr_link_stack_top - (uintptr_t)tr_link_stack_low);
}

uint32_t tr_stack_peak(void)
{
    const uint32_t *word = tr_link_stack_low;
    while (word < tr_link_stack_top && *word == TR_STACK_PAINT) {
        word++;
    }
    return (uint32_t)((uintptr_t)tr_link_stack_top - (uintptr_t)word);
}

bool tr_stack_whole(void)
{
    bool whole = true;
    for (uint32_t i = 0; i < LAST_WORDS; i++) {
        whole = whole && tr_link_stack_low[i] == TR_STACK_PAINT;
    }
    return whole;
}
