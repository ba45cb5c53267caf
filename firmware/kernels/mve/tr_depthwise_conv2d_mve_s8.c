/* Depthwise convolution for Cortex-M with MVE: four channels of one pixel at a time.
 *
 * Rows of eight channels are turned into planes (tr_mve_planes.h), in which a pixel's window lies
 * in one piece: where it spans up to 16 values (3x3, 4x4), it is one VMLADAV.
 *
 * Cost for 3x3 with stride 1: 7 instructions an output (8 where not rectified), and 1 to 2 for
 * the planes, which serve four output rows. Larger kernels: 3.25 for each 16 taps, and 6. */
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
    int32_t channels;     /* of the output, in all: at least `n` */
    int32_t n;            /* of the four */
    int8_t *out;
} tr_mve_line;

/* How windows of up to 16 values become outputs; q0 to q3 hold the weights, q6 and q7 the clamp.
 * AWAY takes 1 from negative values of which anything is shifted out: see tr_mve_dot.h. */
#define AWAY                                                                                      \
    "vand q4, q5, q4\n\t vshr.s32 q4, q4, #31\n\t vadd.i32 q5, q5, q4\n\t"                        \
    "vldrw.32 q4, [%[f], #96]\n\t"
#define TAKE(q, sum, then) "vldrb.8 q4, [%[p]]\n\t add %[p], %[p], " then "\n\t"                  \
                           "vmladav.s8 " sum ", q4, " q "\n\t"
#define SHORT_LINE(FIX)                                                                           \
    __asm__ volatile("vldrb.8 q0, [%[f], #16]\n\t"                                                \
                     "vldrb.8 q1, [%[f], #32]\n\t"                                                \
                     "vldrb.8 q2, [%[f], #48]\n\t"                                                \
                     "vldrb.8 q3, [%[f], #64]\n\t"                                                \
                     "ldrd r0, r2, [%[s]]\n\t"                                                    \
                     "vdup.32 q6, r0\n\t"                                                         \
                     "vdup.32 q7, r2\n\t"                                                         \
                     "ldrd r0, r2, [%[s], #8]\n\t"                                                \
                     "vctp.32 r0\n\t"                                                             \
                     "dls lr, r2\n"                                                               \
                     "1:\n\t"                                                                     \
                     TAKE("q0", "r0", "%[pitch]") TAKE("q1", "r2", "%[pitch]")                    \
                     TAKE("q2", "r4", "%[pitch]") TAKE("q3", "r6", "%[back]")                     \
                     "vmov q5[2], q5[0], r0, r4\n\t"                                              \
                     "vmov q5[3], q5[1], r2, r6\n\t"                                              \
                     "vldrw.32 q4, [%[f]]\n\t"                                                    \
                     "vadd.i32 q5, q5, q4\n\t"                                                    \
                     "vldrw.32 q4, [%[f], #80]\n\t"                                               \
                     "vqrdmulh.s32 q5, q5, q4\n\t"                                                \
                     "vldrw.32 q4, [%[f], #96]\n\t" FIX                                           \
                     "vrshl.s32 q5, q5, q4\n\t"                                                   \
                     "vadd.i32 q5, q5, %[z]\n\t"                                                  \
                     "vmax.s32 q5, q5, q6\n\t"                                                    \
                     "vmin.s32 q5, q5, q7\n\t"                                                    \
                     "vpst\n\t"                                                                   \
                     "vstrbt.32 q5, [%[out]]\n\t"                                                 \
                     "add %[out], %[out], %[channels]\n\t"                                        \
                     "le lr, 1b"                                                                  \
                     : [p] "+r"(p), [out] "+l"(out)                                               \
                     : [f] "r"(line->stream), [pitch] "r"(line->pitch), [back] "r"(back),         \
                       [channels] "r"(line->channels), [z] "r"(conv->zero_point), [s] "r"(setup)  \
                     : "q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7", "r0", "r2", "r4", "r6",    \
                       "lr", "memory")

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

static TR_MVE_APART void short_line(const tr_depthwise_conv2d_mve *conv, const tr_mve_line *line)
{
#ifdef TR_MVE_INSTRUCTIONS
    const int8_t *p = line->planes;
    int8_t *out = line->out;
    const int32_t back = line->step - 3 * line->pitch;
    const int32_t setup[4] = {conv->lo, conv->hi, line->n, conv->window.out_w};
    if (conv->rectified) {
        SHORT_LINE("");
    } else {
        SHORT_LINE(AWAY);
    }
#else
    long_line(conv, line);
#endif
}

/* Output rows y to y + rows - 1 of the n (up to 8) output channels that the planes hold. */
static void block(const tr_depthwise_conv2d_mve *conv, tr_mve_line line, int32_t n, int32_t rows)
{
    const tr_window *w = &conv->window;
    const int32_t words = 12 + (line.span + 15) / 16 * 16;
    for (; n > 0; n -= 4, line.stream += words, line.planes += 4 * line.pitch, line.out += 4) {
        tr_mve_line one = line;
        one.n = n < 4 ? n : 4;
        for (int32_t r = 0; r < rows; r++) {
            if (line.span <= 16) {
                short_line(conv, &one);
            } else {
                long_line(conv, &one);
            }
            one.planes += w->stride_h;
            one.out += w->out_w * line.channels;
        }
    }
}

void tr_depthwise_conv2d_mve_s8(const tr_depthwise_conv2d_mve *conv, const int8_t *in,
                                int8_t *out, void *scratch)
{
    const tr_window *w = &conv->window;
    tr_mve_line line;
    line.step = w->stride_w * conv->lines;
    line.pitch = ((w->out_w - 1) * w->stride_w + w->kernel_w) * conv->lines;
    line.span = (w->kernel_w - 1) * conv->lines + w->kernel_h;
    line.channels = conv->in_c * conv->depth;
    line.planes = scratch;
    line.stream = conv->stream;
    line.n = 4;
    line.out = out;
    const int32_t words = 12 + (line.span + 15) / 16 * 16;
    for (int32_t i = 0; i < conv->batches; i++) {
        for (int32_t first = 0; first < line.channels; first += 8) {
            const int32_t n = line.channels - first < 8 ? line.channels - first : 8;
            line.stream = conv->stream + first / 4 * words;
            for (int32_t y = 0; y < w->out_h; y += conv->rows) {
                const int32_t rows = w->out_h - y < conv->rows ? w->out_h - y : conv->rows;
                line.out = out + y * w->out_w * line.channels + first;
                tr_mve_planes(conv, first, n, y, in, scratch);
                block(conv, line, n, rows);
            }
        }
        in += w->in_h * w->in_w * conv->in_c;
        out += w->out_h * w->out_w * line.channels;
    }
}
