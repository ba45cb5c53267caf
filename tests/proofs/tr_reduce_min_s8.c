#include "tinyrob/tr_reduce_min_s8.h"

#include "axes.h"

static void run(const uint32_t axes[5])
{
    const uint32_t outputs = axes[0] * axes[2] * axes[4];
    const tr_reduce reduce = {axes[0], axes[2], axes[4], {axes[1], axes[3]}, ANY_OUTPUT};
    int8_t *out = fresh((int32_t)outputs);
    tr_reduce_min_s8(&reduce, any_bytes((int32_t)(outputs * axes[1] * axes[3])), out, 0);
    all_written(out, (int32_t)outputs);
}

int main(void)
{
    each_axes(run);
    return 0;
}
