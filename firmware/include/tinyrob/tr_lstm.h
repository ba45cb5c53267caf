/* What the kernels of UNIDIRECTIONAL_SEQUENCE_LSTM share: all but the sums of weights. */
#ifndef TINYROB_TR_LSTM_H
#define TINYROB_TR_LSTM_H

#include "tinyrob/tr_int16.h"
#include "tinyrob/tr_qmath.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A unit's gates, in this order. */
enum { TR_LSTM_INPUT, TR_LSTM_FORGET, TR_LSTM_CELL, TR_LSTM_OUTPUT, TR_LSTM_GATES };

/* Factors: of each gate's sums over the inputs and over the states; of gate times cell, of gate times
 * candidate, of tanh times gate. tanh's argument is the cell times tanh_multiplier (up to 6144) /
 * 2^tanh_shift (up to 2^18). `clip` is 0, or what a cell is clamped to. */
typedef struct tr_lstm_rule {
    uint32_t steps, in_c, units;
    int32_t input_multiplier[TR_LSTM_GATES];
    int32_t state_multiplier[TR_LSTM_GATES];
    int32_t forget_multiplier, update_multiplier, hidden_multiplier;
    int32_t tanh_multiplier;
    int8_t input_shift[TR_LSTM_GATES];
    int8_t state_shift[TR_LSTM_GATES];
    int8_t forget_shift, update_shift, hidden_shift;
    int8_t tanh_shift;
    int16_t clip;
    int8_t zero_point; /* of the hidden state; 0 where it is of int16 */
} tr_lstm_rule;

static inline int32_t tr_lstm_next_cell(const tr_lstm_rule *rule, int32_t cell, int32_t forget,
                                        int32_t update)
{
    const int32_t kept = tr_multiply(forget * cell, rule->forget_multiplier, rule->forget_shift);
    const int32_t added = tr_multiply(update, rule->update_multiplier, rule->update_shift);
    const int32_t clip = rule->clip;
    int32_t sum = tr_saturate16(tr_saturate16(kept) + tr_saturate16(added));
    if (clip > 0) {
        sum = sum > clip ? clip : sum;
        sum = sum < -clip ? -clip : sum;
    }
    return sum;
}

/* tanh of the next cell times the output gate, in units of 2^-30; `gates` are sums of both sides, each
 * of them rescaled and saturated. The cell moves on. */
static inline int32_t tr_lstm_unit(const tr_lstm_rule *rule, const int32_t gates[TR_LSTM_GATES],
                                   int16_t *cell)
{
    const int32_t half = rule->tanh_shift > 0 ? 1 << (rule->tanh_shift - 1) : 0;
    int32_t x[TR_LSTM_GATES]; /* arguments of the curves: three times a sum, in units of 2^-12 */
    for (int32_t i = 0; i < TR_LSTM_GATES; i++) {
        x[i] = 3 * tr_saturate16(gates[i]);
    }
    const int32_t update = tr_sigmoid16(x[TR_LSTM_INPUT]) * tr_tanh16(x[TR_LSTM_CELL]);
    const int32_t next = tr_lstm_next_cell(rule, *cell, tr_sigmoid16(x[TR_LSTM_FORGET]), update);
    *cell = (int16_t)next;
    return tr_tanh16((next * rule->tanh_multiplier + half) >> rule->tanh_shift) *
           tr_sigmoid16(x[TR_LSTM_OUTPUT]);
}

/* A unit's output of int8, from the sums of its gates over the inputs and over the states. */
static inline int8_t tr_lstm_unit8(const tr_lstm_rule *rule, const int32_t given[TR_LSTM_GATES],
                                   const int32_t kept[TR_LSTM_GATES], int16_t *cell)
{
    const tr_output to = {rule->zero_point, -128, 127};
    int32_t gates[TR_LSTM_GATES];
    for (int32_t i = 0; i < TR_LSTM_GATES; i++) {
        gates[i] =
            tr_saturate16(tr_multiply(given[i], rule->input_multiplier[i], rule->input_shift[i])) +
            tr_saturate16(tr_multiply(kept[i], rule->state_multiplier[i], rule->state_shift[i]));
    }
    return tr_requantize(tr_lstm_unit(rule, gates, cell), rule->hidden_multiplier,
                         rule->hidden_shift, &to);
}

#ifdef __cplusplus
}
#endif

#endif
