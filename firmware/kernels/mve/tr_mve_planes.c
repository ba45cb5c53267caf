#include "tr_mve_planes.h"

#include "tr_mve_fill.h"

/* A loop over `lines` rows of `columns`, whose inner part is TAKE, from `at` to `put`. */
#define LINES(TAKE)                                                                                \
    "2:\n\t"                                                                                       \
    "mov r0, %[in]\n\t"                                                                            \
    "mov r2, %[to]\n\t"                                                                            \
    "dls lr, %[columns]\n"                                                                         \
    "1:\n\t" TAKE "add r0, r0, %[column]\n\t"                                                      \
    "add r2, r2, %[step]\n\t"                                                                      \
    "le lr, 1b\n\t"                                                                                \
    "add %[in], %[in], %[row]\n\t"                                                                 \
    "add %[to], %[to], #1\n\t"                                                                     \
    "subs %[lines], %[lines], #1\n\t"                                                              \
    "bne 2b"

/* `lines` >= 1 input rows of eight channels, spread over planes, whose columns are `step` apart. */
static TR_MVE_APART void spread(const tr_mve_planes *eight, const int8_t *in, int8_t *to,
                                int32_t row, int32_t lines, int32_t step)
{
#ifdef TR_MVE_INSTRUCTIONS
    const uint16x8_t places = vmulq_n_u16(vidupq_n_u16(0, 1), (uint16_t)eight->pitch);
    if (eight->from[7] == eight->from[0] + 7 && eight->n == 8) {
        in += eight->from[0];
        __asm__ volatile(LINES("vldrb.s16 q0, [r0]\n\t vstrb.16 q0, [r2, %q[places]]\n\t")
                         : [in] "+r"(in), [to] "+r"(to), [lines] "+r"(lines)
                         : [column] "r"(eight->column), [step] "r"(step), [row] "r"(row),
                           [columns] "r"(eight->columns), [places] "w"(places)
                         : "q0", "r0", "r2", "lr", "cc", "memory");
        return;
    }
    __asm__ volatile("vctp.16 %[n]\n" LINES("vpstt\n\t"
                                            "vldrbt.s16 q0, [r0, %q[from]]\n\t"
                                            "vstrbt.16 q0, [r2, %q[places]]\n\t")
                     : [in] "+r"(in), [to] "+r"(to), [lines] "+r"(lines)
                     : [column] "r"(eight->column), [step] "r"(step), [row] "r"(row),
                       [columns] "r"(eight->columns), [n] "r"(eight->n), [places] "w"(places),
                       [from] "w"(vldrhq_u16(eight->from))
                     : "q0", "r0", "r2", "lr", "cc", "memory");
#else
    for (int32_t k = 0; k < lines; k++) {
        for (int32_t x = 0; x < eight->columns; x++) {
            for (int32_t c = 0; c < eight->n; c++) {
                to[c * eight->pitch + x * step + k] =
                    in[k * row + x * eight->column + eight->from[c]];
            }
        }
    }
#endif
}

void tr_mve_planes_of(const tr_depthwise_conv2d_mve *conv, int32_t first, int32_t n,
                      tr_mve_planes *eight)
{
    const tr_window *w = &conv->window;
    const int32_t columns = (w->out_w - 1) * w->stride_w + w->kernel_w;
    const int32_t room = columns - w->pad_left;
    for (int32_t i = 0; i < 8; i++) {
        eight->from[i] = (uint16_t)((first + i) / conv->depth);
    }
    eight->column = conv->across ? w->in_h * conv->in_c : conv->in_c;
    eight->row = conv->across ? conv->in_c : w->in_w * conv->in_c;
    eight->n = n;
    eight->pitch = columns * conv->lines;
    eight->columns = room < w->in_w ? room : w->in_w;
}

void tr_mve_planes_fill(const tr_depthwise_conv2d_mve *conv, const tr_mve_planes *eight, int32_t y,
                        const int8_t *in, int8_t *planes)
{
    const tr_window *w = &conv->window;
    const int32_t top = y * w->stride_h - w->pad_top;
    const int32_t bottom = top + (conv->lines - 1) * w->dilation_h;
    int32_t first = 0, last = conv->lines;
    if (y == 0 || top < 0 || bottom >= w->in_h) {
        const tr_taps inside = tr_clip(y, w->stride_h, w->pad_top, conv->lines, w->dilation_h,
                                       w->in_h);
        first = inside.first;
        last = inside.last;
        tr_mve_fill(planes, 8 * eight->pitch, conv->input_zero_point);
    }
    if (eight->columns > 0 && first < last) {
        spread(eight, in + (top + first * w->dilation_h) * eight->row,
               planes + w->pad_left * conv->lines + first, w->dilation_h * eight->row, last - first,
               conv->lines);
    }
}
