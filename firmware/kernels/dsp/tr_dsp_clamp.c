#include "tr_dsp_clamp.h"

#include "tr_dsp.h"

/* Four whole words at a time: what a loop costs is shared. */
static int8_t *raised(int8_t *values, const int8_t *end, int32_t los)
{
#ifdef TR_DSP_INSTRUCTIONS
#define LARGER(x) "ssub8 r12, " x ", %[los]\n sel " x ", " x ", %[los]\n"
    if (end - values >= 16) {
        __asm__ volatile("1:\n"
                         "ldmia.w %[at], {r3-r6}\n" LARGER("r3") LARGER("r4") LARGER("r5")
                         LARGER("r6")
                         "stmia.w %[at]!, {r3-r6}\n"
                         "cmp %[at], %[last]\n"
                         "bls 1b\n"
                         : [at] "+r"(values)
                         : [los] "r"(los), [last] "r"(end - 16)
                         : "r3", "r4", "r5", "r6", "r12", "cc", "memory");
    }
#else
    for (; end - values >= 16; values += 4) {
        tr_store4(values, tr_max8(tr_load4(values), los));
    }
#endif
    return values;
}

void tr_dsp_clamp(int8_t *values, int32_t n, int32_t lo, int32_t hi)
{
    int8_t *const end = values + n;
    const int32_t los = tr_four_times(lo), his = tr_four_times(hi);
    if (lo == -128 && hi == 127) {
        return;
    }
    if (hi == 127 && (uintptr_t)values % 4 == 0) {
        values = raised(values, end, los);
    }
    for (const uintptr_t last = (uintptr_t)end - 4; (uintptr_t)values <= last; values += 4) {
        tr_store4(values, tr_min8(tr_max8(tr_load4(values), los), his));
    }
    for (; values < end; values++) {
        *values = (int8_t)(*values < lo ? lo : *values > hi ? hi : *values);
    }
}
