#include "tr_mve_strip.h"

#include "tr_mve_fill.h"

/* Copies `columns` >= 1 runs of `n` in [1, 16] values: from_step apart to to_step apart. */
static void spread(const int8_t *from, int32_t from_step, int8_t *to, int32_t to_step, int32_t n,
                   int32_t columns)
{
#ifdef TR_MVE_INSTRUCTIONS
    if (n == 16) {
        __asm__ volatile("dls lr, %[columns]\n"
                         "1:\n\t"
                         "vldrb.8 q0, [%[from]]\n\t"
                         "add %[from], %[from], %[from_step]\n\t"
                         "vstrb.8 q0, [%[to]]\n\t"
                         "add %[to], %[to], %[to_step]\n\t"
                         "le lr, 1b"
                         : [from] "+r"(from), [to] "+r"(to)
                         : [from_step] "r"(from_step), [to_step] "r"(to_step),
                           [columns] "r"(columns)
                         : "q0", "lr", "memory");
        return;
    }
    __asm__ volatile("vctp.8 %[n]\n\t"
                     "dls lr, %[columns]\n"
                     "1:\n\t"
                     "vpstt\n\t"
                     "vldrbt.8 q0, [%[from]]\n\t"
                     "vstrbt.8 q0, [%[to]]\n\t"
                     "add %[from], %[from], %[from_step]\n\t"
                     "add %[to], %[to], %[to_step]\n\t"
                     "le lr, 1b"
                     : [from] "+r"(from), [to] "+r"(to)
                     : [from_step] "r"(from_step), [to_step] "r"(to_step),
                       [columns] "r"(columns), [n] "r"(n)
                     : "q0", "lr", "memory");
#else
    for (int32_t x = 0; x < columns; x++) {
        for (int32_t i = 0; i < n; i++) {
            to[x * to_step + i] = from[x * from_step + i];
        }
    }
#endif
}

void tr_mve_strip(const tr_window *w, int32_t channels, int32_t zero_point, int32_t y,
                  const int8_t *in, int8_t *strip)
{
    const int32_t columns = (w->out_w - 1) * w->stride_w + w->kernel_w;
    const int32_t inside = columns - w->pad_left < w->in_w ? columns - w->pad_left : w->in_w;
    const int32_t step = w->kernel_h * channels;
    const tr_taps rows = tr_clip_rows(w, y);
    if (y == 0 || rows.last - rows.first < w->kernel_h) {
        tr_mve_fill(strip, columns * step, zero_point);
    }
    if (inside <= 0) {
        return;
    }
    for (int32_t k = rows.first; k < rows.last; k++) {
        const int8_t *from = in + (rows.origin + k * w->dilation_h) * w->in_w * channels;
        int8_t *to = strip + w->pad_left * step + k * channels;
        for (int32_t c = 0; c < channels; c += 16) {
            const int32_t n = channels - c < 16 ? channels - c : 16;
            spread(from + c, channels, to + c, step, n, inside);
        }
    }
}
