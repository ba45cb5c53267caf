/* 1 and 3 channels. */
#include "tinyrob/tr_max_pool_s16.h"

#include "sixteen.h"
#include "windows.h"

static void run(const tr_window *w)
{
    for (uint16_t channels = 1; channels <= 3; channels += 2) {
        const tr_pool16 pool = {*w, 2, channels, ANY_OUTPUT16};
        const int32_t outputs = 2 * w->out_h * w->out_w * channels;
        int16_t *out = fresh16(outputs);
        tr_max_pool_s16(&pool, any_shorts(2 * w->in_h * w->in_w * channels), out, 0);
        all_written16(out, outputs);
    }
}

int main(void)
{
    each_window(run, 1);
    return 0;
}
