/* LSTM for Cortex-M with MVE: the four gates of a unit are four channels of a dense layer
 * (tr_mve_four_sums.h), over the inputs and over the states. 0.16 instructions a MAC for long rows, and
 * about 450 a unit. */
#include "tinyrob/tr_lstm_mve_s8.h"

#include "tr_mve_four_sums.h"

static void one_step(const tr_lstm_mve *lstm, const int8_t *in, const int8_t *hidden,
                     int16_t *cells, int8_t *out)
{
    const int32_t *inputs = lstm->inputs, *states = lstm->states;
    const uint32_t in_c = lstm->rule.in_c, units = lstm->rule.units;
    for (uint32_t unit = 0; unit < units; unit++) {
        int32_t given[TR_LSTM_GATES], kept[TR_LSTM_GATES];
        tr_v4_store(given, tr_mve_four_sums(in, inputs, in_c));
        tr_v4_store(kept, tr_mve_four_sums(hidden, states, units));
        out[unit] = tr_lstm_unit8(&lstm->rule, given, kept, cells + unit);
        inputs += tr_mve_four_words(in_c);
        states += tr_mve_four_words(units);
    }
}

void tr_lstm_mve_s8(const tr_lstm_mve *lstm, const int8_t *in, int8_t *out, int8_t *hidden,
                    int8_t *cell, void *scratch)
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
