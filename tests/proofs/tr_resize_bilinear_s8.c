/* Images of 1 to 3 rows and columns to 1 to 3, any ways between any two neighbours. */
#include "tinyrob/tr_resize_bilinear_s8.h"

#include "proof.h"

/* `count` places along an axis of `size`; one of them before the first pixel. */
static int32_t *places(int32_t count, int32_t size)
{
    int32_t *made = malloc(sizeof(int32_t) * 3 * (size_t)count);
    for (int32_t i = 0; i < count; i++) {
        made[3 * i] = i < size ? i : size - 1;
        made[3 * i + 1] = i + 1 < size ? i + 1 : size - 1;
        made[3 * i + 2] = i == 0 ? ANY(int32_t, -512, 1024) : ANY(int32_t, 0, 1024);
    }
    return made;
}

static void run(uint32_t in, uint32_t out_h, uint32_t out_w, uint32_t channels)
{
    const tr_resize_bilinear resize = {
        2,
        in,
        in,
        channels,
        {out_h, places((int32_t)out_h, (int32_t)in)},
        {out_w, places((int32_t)out_w, (int32_t)in)},
    };
    const int32_t outputs = (int32_t)(2 * out_h * out_w * channels);
    int8_t *out = fresh(outputs);
    tr_resize_bilinear_s8(&resize, any_bytes((int32_t)(2 * in * in * channels)), out, 0);
    all_written(out, outputs);
}

int main(void)
{
    for (uint32_t in = 1; in <= 3; in++) {
        for (uint32_t out_h = 1; out_h <= 3; out_h++) {
            for (uint32_t out_w = 1; out_w <= 3; out_w++) {
                run(in, out_h, out_w, 1);
                run(in, out_h, out_w, 3);
            }
        }
    }
    return 0;
}
