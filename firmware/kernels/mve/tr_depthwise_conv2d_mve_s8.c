/* Depthwise convolution for Cortex-M with MVE, of any window: four channels of a pixel at a time.
 *
 * Rows of eight channels are turned into planes (tr_mve_planes.h), in which a pixel's window lies
 * in one piece. Cost: 3.25 instructions for each 16 taps, 8 an output, and 1 to 2 for planes. */
#include "tinyrob/tr_depthwise_conv2d_mve_s8.h"

#include "tr_mve.h"
#include "tr_mve_planes.h"

/* Four output channels of one output row. */
typedef struct tr_mve_line {
    const int32_t *stream;
    const int8_t *planes; /* the first window of the first channel */
    int32_t pitch;        /* from channel to channel */
    int32_t step;         /* from window to window */
    int32_t span;         /* of a window */
    int32_t channels;     /* from output to output: at least `n` */
    int32_t n;            /* of the four */
    int8_t *out;
} tr_mve_line;

/* The sums of four channels' windows. */
static inline tr_v4 four_sums(const tr_mve_line *line, const int8_t *window)
{
    int32_t a = line->stream[0], b = line->stream[1], c = line->stream[2], d = line->stream[3];
    const int8_t *weights = (const int8_t *)(line->stream + 4);
#ifdef TR_MVE_INSTRUCTIONS
    const int8_t *second = window + line->pitch, *third = second + line->pitch;
    const int8_t *fourth = third + line->pitch;
    __asm__ volatile("dlstp.8 lr, %[n]\n"
                     "1:\n\t"
                     "vldrb.8 q0, [%[w]], #16\n\t vldrb.8 q1, [%[p0]], #16\n\t"
                     "vmladava.s8 %[a], q0, q1\n\t"
                     "vldrb.8 q0, [%[w]], #16\n\t vldrb.8 q1, [%[p1]], #16\n\t"
                     "vmladava.s8 %[b], q0, q1\n\t"
                     "vldrb.8 q0, [%[w]], #16\n\t vldrb.8 q1, [%[p2]], #16\n\t"
                     "vmladava.s8 %[c], q0, q1\n\t"
                     "vldrb.8 q0, [%[w]], #16\n\t vldrb.8 q1, [%[p3]], #16\n\t"
                     "vmladava.s8 %[d], q0, q1\n\t"
                     "letp lr, 1b"
                     : [a] "+Te"(a), [b] "+Te"(b), [c] "+Te"(c), [d] "+Te"(d), [w] "+r"(weights),
                       [p0] "+r"(window), [p1] "+r"(second), [p2] "+r"(third), [p3] "+r"(fourth)
                     : [n] "r"(line->span)
                     : "q0", "q1", "lr", "memory");
#else
    for (int32_t k = 0; k < line->span; k++) {
        const int8_t *w = weights + k / 16 * 64 + k % 16;
        a += w[0] * window[k];
        b += w[16] * window[k + line->pitch];
        c += w[32] * window[k + 2 * line->pitch];
        d += w[48] * window[k + 3 * line->pitch];
    }
#endif
    return tr_v4_four(a, b, c, d);
}

static void long_line(const tr_depthwise_conv2d_mve *conv, const tr_mve_line *line)
{
    const int32_t *factors = line->stream + 4 + (line->span + 15) / 16 * 16;
    const tr_v4 lo = tr_v4_all(conv->lo), hi = tr_v4_all(conv->hi);
    const tr_v4 shift = tr_v4_load(factors + 4);
    const int8_t *window = line->planes;
    int8_t *out = line->out;
    for (int32_t x = 0; x < conv->window.out_w; x++) {
        tr_v4 y = tr_v4_high_mul(four_sums(line, window), tr_v4_load(factors));
        if (!conv->rectified) {
            y = tr_v4_add(y, tr_v4_sign(tr_v4_and(y, shift)));
        }
        y = tr_v4_clamp(tr_v4_rounding_shift(y, shift), conv->zero_point, lo, hi);
        tr_v4_store8(out, y, tr_v4_first(line->n));
        window += line->step;
        out += line->channels;
    }
}

void tr_depthwise_conv2d_mve_s8(const tr_depthwise_conv2d_mve *conv, const int8_t *in, int8_t *out,
                                void *scratch)
{
    const tr_window *w = &conv->window;
    const int32_t channels = conv->in_c * conv->depth;
    const int32_t out_row = conv->across ? channels : w->out_w * channels;
    tr_mve_planes eight;
    tr_mve_line line;
    line.step = w->stride_w * conv->lines;
    line.span = w->kernel_w * w->kernel_h;
    line.channels = conv->across ? w->out_h * channels : channels;
    const int32_t words = 12 + (line.span + 15) / 16 * 16;
    for (int32_t i = 0; i < conv->batches; i++) {
        for (int32_t first = 0; first < channels; first += 8) {
            const int32_t n = channels - first < 8 ? channels - first : 8;
            tr_mve_planes_of(conv, first, n, &eight);
            line.pitch = eight.pitch;
            for (int32_t y = 0; y < w->out_h; y++) {
                tr_mve_planes_fill(conv, &eight, y, in, scratch);
                line.planes = scratch;
                line.stream = conv->stream + first / 4 * words;
                line.out = out + y * out_row + first;
                for (line.n = n; line.n > 0; line.n -= 4) {
                    long_line(conv, &line);
                    line.planes += 4 * line.pitch;
                    line.stream += words;
                    line.out += 4;
                }
            }
        }
        in += w->in_h * w->in_w * conv->in_c;
        out += w->out_h * w->out_w * channels;
    }
}
