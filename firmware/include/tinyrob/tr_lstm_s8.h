/* A recurrent layer of int8 with an int16 cell: TFLite's UNIDIRECTIONAL_SEQUENCE_LSTM. */
#ifndef TINYROB_TR_LSTM_S8_H
#define TINYROB_TR_LSTM_S8_H

#include "tinyrob/tr_lstm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Weights of a unit's four gates, tap by tap (tr_dot.h's blocks), in_c taps of `inputs` and `units` of
 * `states`; biases, four a unit, hold the zero points. Sums and factors are such that no rescaled sum
 * leaves an int32. */
typedef struct tr_lstm {
    tr_lstm_rule rule;
    const int8_t *inputs;
    const int8_t *states;
    const int32_t *input_bias;
    const int32_t *state_bias;
} tr_lstm;

/* in: steps * in_c values; out: steps * units. `hidden` (units int8) and `cell` (units int16, at an
 * even address) are read and changed. No overlap. */
void tr_lstm_s8(const tr_lstm *lstm, const int8_t *in, int8_t *out, int8_t *hidden, int8_t *cell,
                void *scratch);

#ifdef __cplusplus
}
#endif

#endif
