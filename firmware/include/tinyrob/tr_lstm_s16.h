/* A recurrent layer of int16 with an int16 cell: TFLite's UNIDIRECTIONAL_SEQUENCE_LSTM, 16x8. */
#ifndef TINYROB_TR_LSTM_S16_H
#define TINYROB_TR_LSTM_S16_H

#include "tinyrob/tr_lstm16.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Weights as tr_lstm has them; four biases a unit, for the sums over the inputs. */
typedef struct tr_lstm16 {
    tr_lstm_rule rule;
    const int8_t *inputs;
    const int8_t *states;
    const int64_t *bias;
} tr_lstm16;

/* in: steps * in_c values; out: steps * units. `hidden` and `cell` (units int16 each, at even
 * addresses) are read and changed. No overlap. */
void tr_lstm_s16(const tr_lstm16 *lstm, const int16_t *in, int16_t *out, int8_t *hidden,
                 int8_t *cell, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
