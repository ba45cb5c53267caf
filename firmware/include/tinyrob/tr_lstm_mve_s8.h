/* A recurrent layer on Cortex-M with MVE, int8 with an int16 cell: TFLite's
 * UNIDIRECTIONAL_SEQUENCE_LSTM. */
#ifndef TINYROB_TR_LSTM_MVE_S8_H
#define TINYROB_TR_LSTM_MVE_S8_H

#include "tinyrob/tr_lstm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* For each unit biases, which hold the zero points, and weights of its four gates, as
 * kernels/mve/tr_mve_four_sums.h says. */
typedef struct tr_lstm_mve {
    tr_lstm_rule rule;
    const int32_t *inputs;
    const int32_t *states;
} tr_lstm_mve;

/* As tr_lstm_s8. */
void tr_lstm_mve_s8(const tr_lstm_mve *lstm, const int8_t *in, int8_t *out, int8_t *hidden,
                    int8_t *cell, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
