/* Portable SVDF: a filter's row of the state moves on by one, its new value comes in at the end, and
 * the row's weighted sum goes to the filter's unit. */
#include "tinyrob/tr_svdf_s8.h"

static int32_t fresh(const tr_svdf *svdf, uint32_t filter, const int8_t *in)
{
    const int8_t *weights = svdf->features + filter * svdf->in_c;
    int32_t sum = svdf->feature_bias[filter];
    for (uint32_t i = 0; i < svdf->in_c; i++) {
        sum += weights[i] * in[i];
    }
    return tr_svdf_fresh(svdf, sum);
}

static int32_t narrow(const tr_svdf *svdf, uint32_t filter, const int8_t *in, int8_t *row)
{
    const int8_t *weights = svdf->time + filter * svdf->memory;
    const int32_t last = fresh(svdf, filter, in);
    int32_t sum = 0;
    for (uint32_t i = 0; i + 1 < svdf->memory; i++) {
        row[i] = row[i + 1];
        sum += weights[i] * (row[i] - svdf->state_zero_point);
    }
    row[svdf->memory - 1] = (int8_t)last;
    return sum + weights[svdf->memory - 1] * (last - svdf->state_zero_point);
}

/* Modulo 2^32, as TFLite's sums are. */
static uint32_t wide(const tr_svdf *svdf, uint32_t filter, const int8_t *in, int16_t *row)
{
    const int16_t *weights = svdf->wide_time + filter * svdf->memory;
    const int32_t last = fresh(svdf, filter, in);
    uint32_t sum = 0;
    for (uint32_t i = 0; i + 1 < svdf->memory; i++) {
        row[i] = row[i + 1];
        sum += (uint32_t)(weights[i] * row[i]);
    }
    row[svdf->memory - 1] = (int16_t)last;
    return sum + (uint32_t)(weights[svdf->memory - 1] * last);
}

void tr_svdf_s8(const tr_svdf *svdf, const int8_t *in, int8_t *out, int8_t *state, void *scratch)
{
    int16_t *const states = (int16_t *)(void *)state;
    uint32_t filter = 0;
    (void)scratch;
    for (uint32_t unit = 0; unit < svdf->units; unit++) {
        uint32_t sum = (uint32_t)svdf->bias[unit];
        for (uint32_t n = svdf->rank; n > 0; n--, filter++) {
            sum += svdf->wide_time
                       ? wide(svdf, filter, in, states + filter * svdf->memory)
                       : (uint32_t)narrow(svdf, filter, in, state + filter * svdf->memory);
        }
        out[unit] = tr_requantize((int32_t)sum, svdf->multiplier, svdf->shift, &svdf->output);
    }
}
