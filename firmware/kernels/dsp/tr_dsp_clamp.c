#include "tr_dsp_clamp.h"

#include "tr_dsp.h"

void tr_dsp_clamp(int8_t *values, int32_t n, int32_t lo, int32_t hi)
{
    const int32_t los = tr_four_times(lo);
    const int32_t his = tr_four_times(hi);
    if (lo == -128 && hi == 127) {
        return;
    }
    for (; n >= 4; n -= 4, values += 4) {
        tr_store4(values, tr_min8(tr_max8(tr_load4(values), los), his));
    }
    for (; n > 0; n--, values++) {
        *values = (int8_t)(*values < lo ? lo : *values > hi ? hi : *values);
    }
}
