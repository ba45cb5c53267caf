/* 1 and 3 channels. */
#include "tinyrob/tr_average_pool_s8.h"

#include "windows.h"

static void run(const tr_window *w)
{
    for (uint16_t channels = 1; channels <= 3; channels += 2) {
        const tr_pool pool = {*w, 2, channels, {0, ANY(int8_t, -128, 127), ANY(int8_t, -128, 127)}};
        const int32_t outputs = 2 * w->out_h * w->out_w * channels;
        int8_t *out = fresh(outputs);
        tr_average_pool_s8(&pool, any_bytes(2 * w->in_h * w->in_w * channels), out, 0);
        all_written(out, outputs);
    }
}

int main(void)
{
    each_window(run, 1);
    return 0;
}
