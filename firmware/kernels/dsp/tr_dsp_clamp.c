#include "tr_dsp_clamp.h"

#include "tr_dsp.h"

/* Four words at a time: what a loop costs is shared. */
static int8_t *raised(int8_t *values, const int8_t *end, int32_t los)
{
    for (; end - values >= 16; values += 16) {
        const int32_t a = tr_load4(values), b = tr_load4(values + 4);
        const int32_t c = tr_load4(values + 8), d = tr_load4(values + 12);
        tr_store4(values, tr_max8(a, los));
        tr_store4(values + 4, tr_max8(b, los));
        tr_store4(values + 8, tr_max8(c, los));
        tr_store4(values + 12, tr_max8(d, los));
    }
    return values;
}

void tr_dsp_clamp(int8_t *values, int32_t n, int32_t lo, int32_t hi)
{
    int8_t *const end = values + n;
    const int32_t los = tr_four_times(lo), his = tr_four_times(hi);
    if (hi == 127) {
        if (lo == -128) {
            return;
        }
        values = raised(values, end, los);
    }
    for (; end - values >= 4; values += 4) {
        tr_store4(values, tr_min8(tr_max8(tr_load4(values), los), his));
    }
    for (; values < end; values++) {
        *values = (int8_t)(*values < lo ? lo : *values > hi ? hi : *values);
    }
}
