#include "tr_mve_planes.h"

#include "tr_mve_fill.h"

/* One input row of eight channels, spread over planes. */
typedef struct tr_mve_spread {
    uint16_t from[8]; /* which input channels */
    int32_t channels; /* of the input, in all */
    int32_t n;        /* of the eight */
    int32_t pitch;    /* from plane to plane */
    int32_t step;     /* in a plane, from column to column */
    int32_t columns;  /* at least 1 */
} tr_mve_spread;

static void spread(const tr_mve_spread *eight, const int8_t *in, int8_t *to)
{
#ifdef TR_MVE_INSTRUCTIONS
    const uint16x8_t places = vmulq_n_u16(vidupq_n_u16(0, 1), (uint16_t)eight->pitch);
    if (eight->from[7] == eight->from[0] + 7 && eight->n == 8) {
        in += eight->from[0];
        __asm__ volatile("dls lr, %[columns]\n"
                         "1:\n\t"
                         "vldrb.s16 q0, [%[in]]\n\t"
                         "add %[in], %[in], %[channels]\n\t"
                         "vstrb.16 q0, [%[to], %q[places]]\n\t"
                         "add %[to], %[to], %[step]\n\t"
                         "le lr, 1b"
                         : [in] "+l"(in), [to] "+l"(to)
                         : [channels] "r"(eight->channels), [step] "r"(eight->step),
                           [columns] "r"(eight->columns), [places] "w"(places)
                         : "q0", "lr", "memory");
        return;
    }
    __asm__ volatile("vctp.16 %[n]\n\t"
                     "dls lr, %[columns]\n"
                     "1:\n\t"
                     "vpstt\n\t"
                     "vldrbt.s16 q0, [%[in], %q[from]]\n\t"
                     "vstrbt.16 q0, [%[to], %q[places]]\n\t"
                     "add %[in], %[in], %[channels]\n\t"
                     "add %[to], %[to], %[step]\n\t"
                     "le lr, 1b"
                     : [in] "+l"(in), [to] "+l"(to)
                     : [channels] "r"(eight->channels), [step] "r"(eight->step),
                       [columns] "r"(eight->columns), [n] "r"(eight->n), [places] "w"(places),
                       [from] "w"(vldrhq_u16(eight->from))
                     : "q0", "lr", "memory");
#else
    for (int32_t x = 0; x < eight->columns; x++) {
        for (int32_t c = 0; c < eight->n; c++) {
            to[c * eight->pitch + x * eight->step] = in[x * eight->channels + eight->from[c]];
        }
    }
#endif
}

void tr_mve_planes(const tr_depthwise_conv2d_mve *conv, int32_t first, int32_t n, int32_t y,
                   const int8_t *in, int8_t *planes)
{
    const tr_window *w = &conv->window;
    const int32_t columns = (w->out_w - 1) * w->stride_w + w->kernel_w, lines = conv->lines;
    const int32_t room = columns - w->pad_left;
    const int32_t top = y * w->stride_h - w->pad_top;
    const int32_t bottom = top + (lines - 1) * w->dilation_h;
    tr_mve_spread eight;
    if (y == 0 || top < 0 || bottom >= w->in_h) {
        tr_mve_fill(planes, 8 * columns * lines, conv->input_zero_point);
    }
    for (int32_t i = 0; i < 8; i++) {
        eight.from[i] = (uint16_t)((first + i) / conv->depth);
    }
    eight.channels = conv->in_c;
    eight.n = n;
    eight.pitch = columns * lines;
    eight.step = lines;
    eight.columns = room < w->in_w ? room : w->in_w;
    if (eight.columns <= 0) {
        return;
    }
    planes += w->pad_left * lines;
    for (int32_t k = 0, at = top; k < lines; k++, at += w->dilation_h) {
        if (at >= 0 && at < w->in_h) {
            spread(&eight, in + at * w->in_w * conv->in_c, planes + k);
        }
    }
}
