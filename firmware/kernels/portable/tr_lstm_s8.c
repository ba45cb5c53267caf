/* Portable LSTM: one unit after the other; a step's outputs become the state when all are made. */
#include "tinyrob/tr_lstm_s8.h"

#include "tinyrob/tr_qmath.h"
#include "tr_int16.h"

static int32_t dot(const int8_t *weights, const int8_t *values, uint32_t count, int32_t sum)
{
    for (; count > 0; count--) {
        sum += *weights++ * *values++;
    }
    return sum;
}

/* The argument of a gate's curve: three times its sum, in units of 2^-12. */
static int32_t gate(const tr_lstm *lstm, const tr_lstm_gate *of, const int8_t *in,
                    const int8_t *hidden, uint32_t unit)
{
    const int32_t given = dot(of->inputs + unit * lstm->in_c, in, lstm->in_c, of->input_bias[unit]);
    const int32_t kept = dot(of->states + unit * lstm->units, hidden, lstm->units,
                             of->state_bias[unit]);
    const int32_t sum = tr_saturate16(tr_multiply(given, of->input_multiplier, of->input_shift)) +
                        tr_saturate16(tr_multiply(kept, of->state_multiplier, of->state_shift));
    return 3 * tr_saturate16(sum);
}

static int32_t next_cell(const tr_lstm *lstm, int32_t cell, int32_t forget, int32_t update)
{
    int32_t sum = tr_saturate16(
                      tr_multiply(forget * cell, lstm->forget_multiplier, lstm->forget_shift)) +
                  tr_saturate16(tr_multiply(update, lstm->update_multiplier, lstm->update_shift));
    sum = tr_saturate16(sum);
    if (lstm->clip > 0) {
        sum = sum > lstm->clip ? lstm->clip : sum;
        sum = sum < -lstm->clip ? -lstm->clip : sum;
    }
    return sum;
}

static int8_t next_hidden(const tr_lstm *lstm, int32_t cell, int32_t output)
{
    const int32_t half = lstm->tanh_shift > 0 ? 1 << (lstm->tanh_shift - 1) : 0;
    const int32_t x = (cell * lstm->tanh_multiplier + half) >> lstm->tanh_shift;
    const tr_output to = {.zero_point = lstm->zero_point, .lo = -128, .hi = 127};
    return tr_requantize(tr_tanh16(x) * output, lstm->hidden_multiplier, lstm->hidden_shift, &to);
}

void tr_lstm_s8(const tr_lstm *lstm, const int8_t *in, int8_t *out, int8_t *hidden, int8_t *cell,
                void *scratch)
{
    int16_t *const cells = (int16_t *)(void *)cell;
    (void)scratch;
    for (uint32_t step = 0; step < lstm->steps; step++) {
        for (uint32_t unit = 0; unit < lstm->units; unit++) {
            const int32_t forget = tr_sigmoid16(gate(lstm, &lstm->forget_gate, in, hidden, unit));
            const int32_t update = tr_sigmoid16(gate(lstm, &lstm->input_gate, in, hidden, unit)) *
                                   tr_tanh16(gate(lstm, &lstm->cell_gate, in, hidden, unit));
            const int32_t output = tr_sigmoid16(gate(lstm, &lstm->output_gate, in, hidden, unit));
            const int32_t next = next_cell(lstm, cells[unit], forget, update);
            cells[unit] = (int16_t)next;
            out[unit] = next_hidden(lstm, next, output);
        }
        for (uint32_t unit = 0; unit < lstm->units; unit++) {
            hidden[unit] = out[unit];
        }
        in += lstm->in_c;
        out += lstm->units;
    }
}
