/* Portable LSTM of int16: one unit after the other, its four gates at once; a step's outputs become
 * the state when all are made. */
#include "tinyrob/tr_lstm_s16.h"

#include "tr_dot16.h"

static void one_step(const tr_lstm16 *lstm, const int16_t *in, const int16_t *hidden,
                     int16_t *cells, int16_t *out)
{
    const int32_t in_c = (int32_t)lstm->rule.in_c, units = (int32_t)lstm->rule.units;
    const int8_t *inputs = lstm->inputs, *states = lstm->states;
    const int64_t *bias = lstm->bias;
    for (int32_t unit = 0; unit < units; unit++, inputs += 4 * in_c, states += 4 * units) {
        int64_t given[TR_LSTM_GATES] = {bias[0], bias[1], bias[2], bias[3]};
        int64_t kept[TR_LSTM_GATES] = {0, 0, 0, 0};
        tr_dot16_4(given, in, inputs, in_c);
        tr_dot16_4(kept, hidden, states, units);
        out[unit] = tr_lstm_unit16(&lstm->rule, given, kept, cells + unit);
        bias += TR_LSTM_GATES;
    }
}

void tr_lstm_s16(const tr_lstm16 *lstm, const int16_t *in, int16_t *out, int8_t *hidden,
                 int8_t *cell, void *scratch)
{
    int16_t *const states = (int16_t *)(void *)hidden;
    const uint32_t units = lstm->rule.units;
    (void)scratch;
    for (uint32_t step = lstm->rule.steps; step > 0; step--, in += lstm->rule.in_c, out += units) {
        one_step(lstm, in, states, (int16_t *)(void *)cell, out);
        for (uint32_t unit = 0; unit < units; unit++) {
            states[unit] = out[unit];
        }
    }
}
