/* LSTM for Cortex-M with DSP: the four gates of a unit are four channels of a dense layer
 * (tr_dsp_dot4.h), over the inputs and over the states. 1.1 instructions a MAC for long rows, and about
 * 450 a unit. Rows that are no whole number of words are copied to scratch, filled up. */
#include "tinyrob/tr_lstm_dsp_s8.h"

#include "tr_dsp_dot4.h"
#include "tr_dsp_filled_up.h"

static const int8_t *in_words(const int8_t *row, uint32_t n, int8_t **scratch)
{
    if (n % 4 == 0) {
        return row;
    }
    int8_t *copy = *scratch;
    tr_dsp_filled_up(copy, row, n);
    *scratch += (n + 3) / 4 * 4;
    return copy;
}

static void one_step(const tr_lstm_dsp *lstm, const int8_t *in, const int8_t *hidden,
                     int16_t *cells, int8_t *out)
{
    const int32_t *inputs = lstm->inputs, *states = lstm->states;
    const int32_t wide = (int32_t)(lstm->rule.in_c + 3) / 4;
    const int32_t deep = (int32_t)(lstm->rule.units + 3) / 4;
    for (uint32_t unit = 0; unit < lstm->rule.units; unit++) {
        int32_t given[TR_LSTM_GATES], kept[TR_LSTM_GATES];
        tr_dsp_dot4(inputs, in, wide, given);
        tr_dsp_dot4(states, hidden, deep, kept);
        out[unit] = tr_lstm_unit8(&lstm->rule, given, kept, cells + unit);
        inputs += 4 + 4 * wide;
        states += 4 + 4 * deep;
    }
}

void tr_lstm_dsp_s8(const tr_lstm_dsp *lstm, const int8_t *in, int8_t *out, int8_t *hidden,
                    int8_t *cell, void *scratch)
{
    const uint32_t units = lstm->rule.units;
    for (uint32_t step = lstm->rule.steps; step > 0; step--, in += lstm->rule.in_c, out += units) {
        int8_t *rest = scratch;
        const int8_t *given = in_words(in, lstm->rule.in_c, &rest);
        one_step(lstm, given, in_words(hidden, units, &rest), (int16_t *)(void *)cell, out);
        for (uint32_t unit = 0; unit < units; unit++) {
            hidden[unit] = out[unit];
        }
    }
}
