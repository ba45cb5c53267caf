/* The bias is up to 2^30 to either side: that of 2^23 values and the largest zero point. */
#include "tinyrob/tr_mean_s8.h"

#include "axes.h"

static void run(const uint32_t axes[5])
{
    const uint32_t outputs = axes[0] * axes[2] * axes[4];
    const tr_mean mean = {
        axes[0],
        axes[2],
        axes[4],
        {axes[1], axes[3]},
        ANY(int32_t, -(1 << 30), 1 << 30),
        ANY(int32_t, 0, INT32_MAX),
        ANY(int8_t, -31, 30),
        ANY_OUTPUT,
    };
    int8_t *out = fresh((int32_t)outputs);
    tr_mean_s8(&mean, any_bytes((int32_t)(outputs * axes[1] * axes[3])), out, 0);
    all_written(out, (int32_t)outputs);
}

int main(void)
{
    each_axes(run);
    return 0;
}
