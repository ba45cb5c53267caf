/* Portable LSTM: one unit after the other, its four gates at once; a step's outputs become the state
 * when all are made. */
#include "tinyrob/tr_lstm_s8.h"

#include "tr_dot.h"

static void one_step(const tr_lstm *lstm, const int8_t *in, const int8_t *hidden, int16_t *cells,
                     int8_t *out)
{
    const int32_t in_c = (int32_t)lstm->rule.in_c, units = (int32_t)lstm->rule.units;
    const int8_t *inputs = lstm->inputs, *states = lstm->states;
    const int32_t *a = lstm->input_bias, *b = lstm->state_bias;
    for (int32_t unit = 0; unit < units; unit++, inputs += 4 * in_c, states += 4 * units) {
        int32_t given[TR_LSTM_GATES] = {a[0], a[1], a[2], a[3]};
        int32_t kept[TR_LSTM_GATES] = {b[0], b[1], b[2], b[3]};
        tr_dot_4(given, in, inputs, in_c, 0);
        tr_dot_4(kept, hidden, states, units, 0);
        out[unit] = tr_lstm_unit8(&lstm->rule, given, kept, cells + unit);
        a += TR_LSTM_GATES;
        b += TR_LSTM_GATES;
    }
}

void tr_lstm_s8(const tr_lstm *lstm, const int8_t *in, int8_t *out, int8_t *hidden, int8_t *cell,
                void *scratch)
{
    const uint32_t units = lstm->rule.units;
    (void)scratch;
    for (uint32_t step = lstm->rule.steps; step > 0; step--, in += lstm->rule.in_c, out += units) {
        one_step(lstm, in, hidden, (int16_t *)(void *)cell, out);
        for (uint32_t unit = 0; unit < units; unit++) {
            hidden[unit] = out[unit];
        }
    }
}
