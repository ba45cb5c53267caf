/* Portable convolution from packed weights: what its kernels share, for bits of 2 or 4.
 *
 * A field holds a level and an offset h that makes it unsigned. For activations x,
 * sum(x * w) = factor * (sum(x * field) - h * sum(x)), and sum(x) is the same for all channels.
 * The fields of four channels are one load, where plain weights are four, but each is masked:
 * 2.8 to 3.7 instructions a MAC, all in, on Thumb-2, 8 to 10 % more than tr_conv2d_s8. */
#ifndef TINYROB_TR_PACKED_CONV_H
#define TINYROB_TR_PACKED_CONV_H

#include "tinyrob/tr_conv2d_packed.h"

/* Sums of x * field for four channels, and of x. Fields of 2 bits are not shifted: their sums are
 * 1, 4, 16 and 64 times as large. */
typedef struct tr_packed_sums {
    int32_t field[4], x;
} tr_packed_sums;

/* A function of its own, so that its seven sums and pointers get the registers. */
__attribute__((noinline)) static void tr_packed_dot(tr_packed_sums *sums, const int8_t *in,
                                                    const uint8_t *w, int32_t n, int32_t offset,
                                                    int32_t bits)
{
    int32_t s0 = sums->field[0], s1 = sums->field[1], s2 = sums->field[2], s3 = sums->field[3];
    int32_t all = sums->x;
    for (const int8_t *end = in + n; in != end; in++, w += bits / 2) {
        const int32_t x = *in + offset;
        if (bits == 2) {
            s0 += x * (w[0] & 0x03);
            s1 += x * (w[0] & 0x0c);
            s2 += x * (w[0] & 0x30);
            s3 += x * (w[0] & 0xc0);
        } else {
            s0 += x * (w[0] & 0x0f);
            s1 += x * (w[0] >> 4);
            s2 += x * (w[1] & 0x0f);
            s3 += x * (w[1] >> 4);
        }
        all += x;
    }
    sums->field[0] = s0;
    sums->field[1] = s1;
    sums->field[2] = s2;
    sums->field[3] = s3;
    sums->x = all;
}

/* One output pixel: its window is clipped to the image first. */
static inline void tr_packed_pixel(const tr_conv2d_packed *packed, tr_taps rows, tr_taps columns,
                                   const int8_t *in, int8_t *out, int32_t bits)
{
    const tr_conv2d *conv = &packed->conv;
    const tr_window *w = &conv->window;
    const int32_t run = w->dilation_w == 1 ? columns.last - columns.first : 1;
    const uint8_t *weights = (const uint8_t *)conv->weights;
    for (int32_t o = 0; o < conv->out_c; o += 4) {
        tr_packed_sums sums = {{0, 0, 0, 0}, 0};
        for (int32_t ky = rows.first; ky < rows.last; ky++) {
            const int32_t y = rows.origin + ky * w->dilation_h;
            for (int32_t kx = columns.first; kx < columns.last; kx += run) {
                const int32_t x = columns.origin + kx * w->dilation_w;
                const int32_t tap = (ky * w->kernel_w + kx) * conv->in_c;
                tr_packed_dot(&sums, in + (y * w->in_w + x) * conv->in_c,
                              weights + tap * (bits / 2), run * conv->in_c, conv->input_offset,
                              bits);
            }
        }
        weights += w->kernel_h * w->kernel_w * conv->in_c * (bits / 2);
        for (int32_t j = 0; j < 4 && o + j < conv->out_c; j++) {
            const int32_t fields = bits == 2 ? sums.field[j] >> (2 * j) : sums.field[j];
            const int32_t levels = fields - (bits == 2 ? 1 : 8) * sums.x;
            out[o + j] = tr_requantize(levels * packed->factor[o + j] + conv->bias[o + j],
                                       conv->multiplier[o + j], conv->shift[o + j], &conv->output);
        }
    }
}

static inline void tr_packed_image(const tr_conv2d_packed *packed, const int8_t *in, int8_t *out,
                                   int32_t bits)
{
    const tr_conv2d *conv = &packed->conv;
    const tr_window *w = &conv->window;
    for (int32_t n = 0; n < conv->batches; n++, in += w->in_h * w->in_w * conv->in_c) {
        for (int32_t y = 0; y < w->out_h; y++) {
            const tr_taps rows = tr_clip_rows(w, y);
            for (int32_t x = 0; x < w->out_w; x++, out += conv->out_c) {
                tr_packed_pixel(packed, rows, tr_clip_columns(w, x), in, out, bits);
            }
        }
    }
}

#endif
