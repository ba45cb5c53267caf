/* A recurrent layer of int16 with an int16 cell on Cortex-M with DSP: TFLite's
 * UNIDIRECTIONAL_SEQUENCE_LSTM, 16x8. */
#ifndef TINYROB_TR_LSTM_DSP_S16_H
#define TINYROB_TR_LSTM_DSP_S16_H

#include "tinyrob/tr_lstm16.h"

#ifdef __cplusplus
extern "C" {
#endif

/* For each unit the weights of its four gates, as kernels/dsp/tr_dsp_dot16.h says, and four biases, for the
 * sums over the inputs. */
typedef struct tr_lstm_dsp16 {
    tr_lstm_rule rule;
    const int32_t *inputs;
    const int32_t *states;
    const int64_t *bias;
} tr_lstm_dsp16;

/* As tr_lstm_s16. scratch: in_c values, then `units`, each where it is no multiple of 4, and
 * rounded up to one. */
void tr_lstm_dsp_s16(const tr_lstm_dsp16 *lstm, const int16_t *in, int16_t *out, int8_t *hidden,
                     int8_t *cell, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
