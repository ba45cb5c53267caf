#include "tinyrob/tr_mean_s16.h"

#include "axes.h"
#include "sixteen.h"

static void run(const uint32_t axes[5])
{
    const uint32_t outputs = axes[0] * axes[2] * axes[4];
    const tr_mean16 mean = {axes[0],
                            axes[2],
                            axes[4],
                            {axes[1], axes[3]},
                            ANY(int32_t, 0, INT32_MAX),
                            ANY(int8_t, -31, 12),
                            ANY_OUTPUT16};
    int16_t *out = fresh16((int32_t)outputs);
    tr_mean_s16(&mean, any_shorts((int32_t)(outputs * axes[1] * axes[3])), out, 0);
    all_written16(out, (int32_t)outputs);
}

int main(void)
{
    each_axes(run);
    return 0;
}
