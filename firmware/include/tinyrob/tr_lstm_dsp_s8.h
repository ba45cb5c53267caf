/* A recurrent layer on Cortex-M with DSP, int8 with an int16 cell: TFLite's
 * UNIDIRECTIONAL_SEQUENCE_LSTM. */
#ifndef TINYROB_TR_LSTM_DSP_S8_H
#define TINYROB_TR_LSTM_DSP_S8_H

#include "tinyrob/tr_lstm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* For each unit biases, which hold the zero points, and weights of its four gates, as
 * kernels/dsp/tr_dsp_dot4.h says, with the ranges it relies on. */
typedef struct tr_lstm_dsp {
    tr_lstm_rule rule;
    const int32_t *inputs;
    const int32_t *states;
} tr_lstm_dsp;

/* As tr_lstm_s8. scratch: in_c bytes, then `units`, each where it is no multiple of 4, and rounded up
 * to one. */
void tr_lstm_dsp_s8(const tr_lstm_dsp *lstm, const int8_t *in, int8_t *out, int8_t *hidden,
                    int8_t *cell, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
