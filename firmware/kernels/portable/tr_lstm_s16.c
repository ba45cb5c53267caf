/* Portable LSTM of int16: one unit after the other; a step's outputs become the state when all are
 * made. */
#include "tinyrob/tr_lstm_s16.h"

#include "tinyrob/tr_sums16.h"
#include "tr_dot16.h"
#include "tr_int16.h"

/* The argument of a gate's curve: three times its sum, in units of 2^-12. */
static int32_t gate(const tr_lstm16 *lstm, const tr_lstm16_gate *of, const int16_t *in,
                    const int16_t *hidden, uint32_t unit)
{
    const int64_t given = tr_dot16_1(of->bias[unit], in, of->inputs + unit * lstm->in_c,
                                     (int32_t)lstm->in_c);
    const int64_t kept = tr_dot16_1(0, hidden, of->states + unit * lstm->units,
                                    (int32_t)lstm->units);
    const int32_t sum =
        tr_saturate16(tr_multiply_wide(given, of->input_multiplier, of->input_shift)) +
        tr_saturate16(tr_multiply_wide(kept, of->state_multiplier, of->state_shift));
    return 3 * tr_saturate16(sum);
}

static int16_t next_cell(const tr_lstm16 *lstm, int32_t cell, int32_t forget, int32_t update)
{
    const int32_t kept = tr_multiply(forget * cell, lstm->forget_multiplier, lstm->forget_shift);
    const int32_t added = tr_multiply(update, lstm->update_multiplier, lstm->update_shift);
    const int32_t clip = lstm->clip > 0 ? lstm->clip : INT16_MAX;
    int32_t sum = tr_saturate16(tr_saturate16(kept) + tr_saturate16(added));
    sum = sum > clip ? clip : sum;
    return (int16_t)(lstm->clip > 0 && sum < -clip ? -clip : sum);
}

static int16_t next_hidden(const tr_lstm16 *lstm, int32_t cell, int32_t output)
{
    const int32_t half = lstm->tanh_shift > 0 ? 1 << (lstm->tanh_shift - 1) : 0;
    const int32_t x = (cell * lstm->tanh_multiplier + half) >> lstm->tanh_shift;
    const int32_t made = tr_multiply(tr_tanh16(x) * output, lstm->hidden_multiplier,
                                     lstm->hidden_shift);
    return (int16_t)tr_saturate16(made);
}

void tr_lstm_s16(const tr_lstm16 *lstm, const int16_t *in, int16_t *out, int8_t *hidden,
                 int8_t *cell, void *scratch)
{
    int16_t *const states = (int16_t *)(void *)hidden;
    int16_t *const cells = (int16_t *)(void *)cell;
    (void)scratch;
    for (uint32_t step = 0; step < lstm->steps; step++) {
        for (uint32_t unit = 0; unit < lstm->units; unit++) {
            const int32_t forget = tr_sigmoid16(gate(lstm, &lstm->forget_gate, in, states, unit));
            const int32_t update = tr_sigmoid16(gate(lstm, &lstm->input_gate, in, states, unit)) *
                                   tr_tanh16(gate(lstm, &lstm->cell_gate, in, states, unit));
            const int32_t output = tr_sigmoid16(gate(lstm, &lstm->output_gate, in, states, unit));
            cells[unit] = next_cell(lstm, cells[unit], forget, update);
            out[unit] = next_hidden(lstm, cells[unit], output);
        }
        for (uint32_t unit = 0; unit < lstm->units; unit++) {
            states[unit] = out[unit];
        }
        in += lstm->in_c;
        out += lstm->units;
    }
}
