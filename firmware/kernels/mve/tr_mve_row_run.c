#include "tr_mve_row.h"

/* The channels behind the last whole group, through a buffer. */
static void rest(const tr_mve_row *row, const tr_mve_pixels *some, uint32_t pixels, int8_t *out)
{
    const uint32_t n = row->channels % 4u;
    tr_mve_pixels last = *some;
    int8_t buffer[3][4];
    last.stream += some->groups * ((row->taps + 15u) / 16u * 16u + TR_MVE_DOT_PARAMETERS);
    last.groups = 1;
    for (uint32_t j = 0; j < 3; j++) {
        last.out[j] = buffer[j];
    }
    tr_mve_dot(&last);
    for (uint32_t j = 0; j < pixels; j++) {
        for (uint32_t c = 0; c < n; c++) {
            out[(j + 1u) * row->channels - n + c] = buffer[j][c];
        }
    }
}

void tr_mve_row_run(const tr_mve_row *row, const int8_t *in, int32_t step, int32_t pixels,
                    int8_t *out)
{
    const int32_t channels = (int32_t)row->channels;
    tr_mve_pixels some;
    some.zero_point = row->zero_point;
    some.taps = row->taps;
    some.stream = row->stream;
    some.groups = row->channels / 4u;
    some.rectified = row->rectified;
    for (int32_t i = 0; i < 4; i++) {
        some.lo[i] = row->lo;
        some.hi[i] = row->hi;
    }
    while (pixels > 0) {
        /* Threes, and twos at the end; one that is alone is computed as one pixel of two. */
        const int32_t count = pixels == 3 || pixels > 4 ? 3 : pixels == 1 ? 1 : 2;
        some.pixels = count == 3 ? 3u : 2u;
        some.in[0] = in;
        some.in[1] = count == 1 ? in : in + step;
        some.in[2] = in + (count == 3 ? 2 * step : 0);
        if (some.groups > 0u) {
            some.out[0] = out;
            some.out[1] = count == 1 ? out : out + channels;
            some.out[2] = out + (count == 3 ? 2 * channels : 0);
            tr_mve_dot(&some);
        }
        if (channels % 4 != 0) {
            rest(row, &some, (uint32_t)count, out);
        }
        in += count * step;
        out += count * channels;
        pixels -= count;
    }
}
