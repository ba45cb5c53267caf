/* 1 and 5 channels (four share a walk). */
#include "tinyrob/tr_depthwise_uniform_s8.h"

#include "windows.h"

#define BIAS (INT32_MAX - 255 * 128 * 9)

static void run(const tr_window *w)
{
    for (uint16_t channels = 1; channels <= 5; channels += 4) {
        const int32_t outputs = w->out_h * w->out_w * channels;
        const tr_depthwise_uniform pool = {
            *w,
            1,
            channels,
            ANY(int16_t, -127, 128),
            any_bytes(channels),
            any_words(channels, -BIAS, BIAS),
            any_words(channels, 0, INT32_MAX),
            any_shifts(channels, -31, 30),
            ANY_OUTPUT,
        };
        int8_t *out = fresh(outputs);
        tr_depthwise_uniform_s8(&pool, any_bytes(w->in_h * w->in_w * channels), out, 0);
        all_written(out, outputs);
    }
}

int main(void)
{
    each_window(run, 2);
    return 0;
}
