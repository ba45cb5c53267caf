/* A recurrent layer of int16 with an int16 cell on Cortex-M with MVE: TFLite's
 * UNIDIRECTIONAL_SEQUENCE_LSTM, 16x8. */
#ifndef TINYROB_TR_LSTM_MVE_S16_H
#define TINYROB_TR_LSTM_MVE_S16_H

#include "tinyrob/tr_lstm16.h"

#ifdef __cplusplus
extern "C" {
#endif

/* For each unit the weights of its four gates, as kernels/mve/tr_mve_four_sums16.h says, and four biases, for the
 * sums over the inputs. */
typedef struct tr_lstm_mve16 {
    tr_lstm_rule rule;
    const int32_t *inputs;
    const int32_t *states;
    const int64_t *bias;
} tr_lstm_mve16;

/* As tr_lstm_s16. */
void tr_lstm_mve_s16(const tr_lstm_mve16 *lstm, const int16_t *in, int16_t *out, int8_t *hidden,
                     int8_t *cell, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
