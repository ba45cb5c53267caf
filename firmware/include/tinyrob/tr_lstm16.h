/* What the kernels of UNIDIRECTIONAL_SEQUENCE_LSTM of int16 share. */
#ifndef TINYROB_TR_LSTM16_H
#define TINYROB_TR_LSTM16_H

#include "tinyrob/tr_lstm.h"
#include "tinyrob/tr_sums16.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A unit's output of int16. Sums are of 64 bits, below 2^47, and rescaled as tr_sums16 has it where it
 * is wide: multipliers of gates are in [0, 2^15], their shifts in [8, 46]. */
static inline int16_t tr_lstm_unit16(const tr_lstm_rule *rule, const int64_t given[TR_LSTM_GATES],
                                     const int64_t kept[TR_LSTM_GATES], int16_t *cell)
{
    int32_t gates[TR_LSTM_GATES];
    for (int32_t i = 0; i < TR_LSTM_GATES; i++) {
        gates[i] = tr_saturate16(tr_multiply_wide(given[i], rule->input_multiplier[i],
                                                  rule->input_shift[i])) +
                   tr_saturate16(
                       tr_multiply_wide(kept[i], rule->state_multiplier[i], rule->state_shift[i]));
    }
    return (int16_t)tr_saturate16(
        tr_multiply(tr_lstm_unit(rule, gates, cell), rule->hidden_multiplier, rule->hidden_shift));
}

#ifdef __cplusplus
}
#endif

#endif
