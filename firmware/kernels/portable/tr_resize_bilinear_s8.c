/* Portable bilinear resizing: four neighbours, 20 bits behind the point. */
#include "tinyrob/tr_resize_bilinear_s8.h"

/* To nearest, halves away from zero, as TFLite's division makes it. */
static int8_t rounded(int32_t sum)
{
    return (int8_t)((sum + (sum > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20));
}

static int8_t *one_row(const tr_resize_bilinear *resize, const int8_t *low, const int8_t *high,
                       int32_t down, int8_t *out)
{
    const uint32_t channels = resize->channels;
    const int32_t *place = resize->columns.places;
    for (uint32_t column = 0; column < resize->columns.count; column++, place += 3) {
        const uint32_t left = (uint32_t)place[0] * channels;
        const uint32_t right = (uint32_t)place[1] * channels;
        for (uint32_t c = 0; c < channels; c++) {
            const int32_t above = low[left + c] * (1024 - place[2]) + low[right + c] * place[2];
            const int32_t below = high[left + c] * (1024 - place[2]) + high[right + c] * place[2];
            *out++ = rounded(above * (1024 - down) + below * down);
        }
    }
    return out;
}

void tr_resize_bilinear_s8(const tr_resize_bilinear *resize, const int8_t *in, int8_t *out,
                           void *scratch)
{
    const uint32_t row_bytes = resize->in_w * resize->channels;
    (void)scratch;
    for (uint32_t batch = 0; batch < resize->batches; batch++) {
        const int32_t *place = resize->rows.places;
        for (uint32_t row = 0; row < resize->rows.count; row++, place += 3) {
            out = one_row(resize, in + (uint32_t)place[0] * row_bytes,
                          in + (uint32_t)place[1] * row_bytes, place[2], out);
        }
        in += resize->in_h * row_bytes;
    }
}
