#include "tr_dsp_lines.h"

#include "tr_dsp.h"

void tr_dsp_lines_start(tr_dsp_lines *lines, int32_t row)
{
    const int32_t zero = tr_sxtb16((int32_t)(0x01010101u * ((uint32_t)lines->zero_point & 0xffu)));
    int32_t *word = lines->pairs;
    for (int32_t n = (4 * lines->kept + 2) * lines->width; n > 0; n--) {
        *word++ = zero; /* `last` follows `pairs` */
    }
    lines->row = row;
    lines->slot = 0;
}
