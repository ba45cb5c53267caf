/* Portable softmax. */
#include "tinyrob/tr_softmax_s8.h"

#include "tr_softmax_row.h"

void tr_softmax_s8(const tr_softmax *softmax, const int8_t *in, int8_t *out, void *scratch)
{
    (void)scratch;
    for (uint32_t n = softmax->rows; n > 0; n--) {
        const softmax_row row = row_of(softmax, in);
        for (uint32_t i = 0; i < softmax->columns; i++) {
            const int32_t value = part_of(softmax, &row, *in++, 8) + INT8_MIN;
            *out++ = (int8_t)(value > INT8_MAX ? INT8_MAX : value);
        }
    }
}
