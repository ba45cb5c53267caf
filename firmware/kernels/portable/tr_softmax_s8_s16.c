/* Portable softmax of int8 to int16. */
#include "tinyrob/tr_softmax_s8_s16.h"

#include "tr_softmax_row.h"

void tr_softmax_s8_s16(const tr_softmax *softmax, const int8_t *in, int16_t *out, void *scratch)
{
    (void)scratch;
    for (uint32_t n = softmax->rows; n > 0; n--) {
        const softmax_row row = row_of(softmax, in);
        for (uint32_t i = 0; i < softmax->columns; i++) {
            const int32_t value = part_of(softmax, &row, *in++, 16) + INT16_MIN;
            *out++ = (int16_t)(value > INT16_MAX ? INT16_MAX : value);
        }
    }
}
