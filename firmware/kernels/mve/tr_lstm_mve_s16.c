/* LSTM of int16 for Cortex-M with MVE: the four gates of a unit are four channels
 * (tr_mve_four_sums16.h), over the inputs and over the states. 0.3 instructions a MAC for long rows. */
#include "tinyrob/tr_lstm_mve_s16.h"

#include "tr_mve_four_sums16.h"

static void one_step(const tr_lstm_mve16 *lstm, const int16_t *in, const int16_t *hidden,
                     int16_t *cells, int16_t *out)
{
    const int32_t *inputs = lstm->inputs, *states = lstm->states;
    const int64_t *bias = lstm->bias;
    const uint32_t in_c = lstm->rule.in_c, units = lstm->rule.units;
    for (uint32_t unit = 0; unit < units; unit++, bias += TR_LSTM_GATES) {
        int64_t given[TR_LSTM_GATES] = {bias[0], bias[1], bias[2], bias[3]};
        int64_t kept[TR_LSTM_GATES] = {0, 0, 0, 0};
        tr_mve_four_sums16(given, in, inputs, in_c);
        tr_mve_four_sums16(kept, hidden, states, units);
        out[unit] = tr_lstm_unit16(&lstm->rule, given, kept, cells + unit);
        inputs += tr_mve_four_words16(in_c);
        states += tr_mve_four_words16(units);
    }
}

void tr_lstm_mve_s16(const tr_lstm_mve16 *lstm, const int16_t *in, int16_t *out, int8_t *hidden,
                     int8_t *cell, void *scratch)
{
    int16_t *const states = (int16_t *)(void *)hidden;
    const uint32_t units = lstm->rule.units;
    (void)scratch;
    for (uint32_t step = lstm->rule.steps; step > 0u; step--, in += lstm->rule.in_c, out += units) {
        one_step(lstm, in, states, (int16_t *)(void *)cell, out);
        for (uint32_t unit = 0; unit < units; unit++) {
            states[unit] = out[unit];
        }
    }
}
