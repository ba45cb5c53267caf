#include "tr_dsp_expand_tails.h"

void tr_dsp_expand_tails(const tr_dsp_walk *walk, const tr_dsp_windows *windows)
{
    const int32_t kernel_h = walk->window->kernel_h, tail = walk->run - 4 * walk->words;
    const int32_t steps = walk->steps - walk->words * kernel_h;
    tr_dsp_windows tails = {{0}, {0, 0, 0}, steps, 1};
    int8_t *at = walk->tails;
    for (int32_t j = 0; j < 3; j++, at += 4 * steps) {
        const int32_t pitch = windows->skip[j] + 4 * walk->words;
        const int8_t *from = windows->row[j] + 4 * walk->words;
        int8_t *to = at;
        tails.row[j] = pitch == tail ? from : at; /* a copy has no gaps anyway */
        if (kernel_h == 3) {
            const int32_t first = tr_load4(from), second = tr_load4(from + pitch);
            const int32_t third = tr_load4(from + 2 * pitch);
            tr_store4(to, first);
            tr_store4(to + tail, second);
            tr_store4(to + 2 * tail, third);
            continue;
        }
        for (int32_t n = pitch == tail ? 0 : kernel_h; n > 0; n--, from += pitch, to += tail) {
            tr_store4(to, tr_load4(from));
        }
    }
    tr_dsp_expand(&tails, walk->taps + 6 * walk->words * kernel_h);
}
