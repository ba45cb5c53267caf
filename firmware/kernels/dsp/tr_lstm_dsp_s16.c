/* LSTM of int16 for Cortex-M with DSP: the four gates of a unit are four channels (tr_dsp_dot16.h), over
 * the inputs and over the states. 1.3 instructions a MAC for long rows. Rows that are no whole fours are
 * copied to scratch, filled up with zeros. */
#include "tinyrob/tr_lstm_dsp_s16.h"

#include "tr_dsp_dot16.h"
#include "tr_dsp_filled_up16.h"

/* 256 products of 2^15 and 2^7 fit an int32. */
enum { PART = 64 };

static const int16_t *in_fours(const int16_t *row, uint32_t n, int16_t **scratch)
{
    if (n % 4u == 0u) {
        return row;
    }
    int16_t *copy = *scratch;
    tr_dsp_filled_up16(copy, row, n);
    *scratch += (n + 3u) / 4u * 4u;
    return copy;
}

static void add(int64_t sums[TR_LSTM_GATES], const int32_t *weights, const int16_t *in,
                int32_t steps)
{
    for (; steps > 0; steps -= PART, in += 4 * PART, weights += 4 * PART) {
        int32_t part[4];
        tr_dsp_dot16(weights, in, steps < PART ? steps : PART, part);
        for (int32_t i = 0; i < TR_LSTM_GATES; i++) {
            sums[i] += part[i];
        }
    }
}

static void one_step(const tr_lstm_dsp16 *lstm, const int16_t *in, const int16_t *hidden,
                     int16_t *cells, int16_t *out)
{
    const int32_t wide = (int32_t)(lstm->rule.in_c + 3u) / 4;
    const int32_t deep = (int32_t)(lstm->rule.units + 3u) / 4;
    const int32_t *inputs = lstm->inputs, *states = lstm->states;
    const int64_t *bias = lstm->bias;
    for (uint32_t unit = 0; unit < lstm->rule.units; unit++, bias += TR_LSTM_GATES) {
        int64_t given[TR_LSTM_GATES] = {bias[0], bias[1], bias[2], bias[3]};
        int64_t kept[TR_LSTM_GATES] = {0, 0, 0, 0};
        add(given, inputs, in, wide);
        add(kept, states, hidden, deep);
        out[unit] = tr_lstm_unit16(&lstm->rule, given, kept, cells + unit);
        inputs += 4 * wide;
        states += 4 * deep;
    }
}

void tr_lstm_dsp_s16(const tr_lstm_dsp16 *lstm, const int16_t *in, int16_t *out, int8_t *hidden,
                     int8_t *cell, void *scratch)
{
    int16_t *const states = (int16_t *)(void *)hidden;
    const uint32_t units = lstm->rule.units;
    for (uint32_t step = lstm->rule.steps; step > 0u; step--, in += lstm->rule.in_c, out += units) {
        int16_t *rest = scratch;
        const int16_t *given = in_fours(in, lstm->rule.in_c, &rest);
        one_step(lstm, given, in_fours(states, units, &rest), (int16_t *)(void *)cell, out);
        for (uint32_t unit = 0; unit < units; unit++) {
            states[unit] = out[unit];
        }
    }
}
