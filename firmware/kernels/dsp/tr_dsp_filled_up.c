#include "tr_dsp_filled_up.h"

#include "tr_dsp.h"

void tr_dsp_filled_up(int8_t *to, const int8_t *from, uint32_t n)
{
    for (; n >= 4; n -= 4, to += 4, from += 4) {
        tr_store4(to, tr_load4(from));
    }
    for (uint32_t i = 0; i < 4; i++) {
        to[i] = (int8_t)(i < n ? from[i] : 0);
    }
}
