/* Portable look-up of rows. */
#include "tinyrob/tr_rows_s8.h"

void tr_rows_s8(const tr_rows *layer, const int32_t *in, int8_t *out, void *scratch)
{
    const int32_t last = (int32_t)(layer->rows - 1);
    (void)scratch;
    for (uint32_t n = layer->count; n > 0; n--) {
        int32_t row = *in++;
        row = row < 0 ? 0 : row;
        row = row > last ? last : row;
        const int8_t *from = layer->table + (uint32_t)row * layer->width;
        for (uint32_t i = layer->width; i > 0; i--) {
            *out++ = *from++;
        }
    }
}
