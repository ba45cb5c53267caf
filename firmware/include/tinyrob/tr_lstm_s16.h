/* A recurrent layer of int16 with an int16 cell: TFLite's UNIDIRECTIONAL_SEQUENCE_LSTM, 16x8. */
#ifndef TINYROB_TR_LSTM_S16_H
#define TINYROB_TR_LSTM_S16_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Weights (units, in_c) and (units, units), row by row. Sums are of 64 bits, below 2^47, and rescaled
 * as tr_sums16 has it where it is wide: multipliers in [0, 2^15], shifts in [8, 46]. */
typedef struct tr_lstm16_gate {
    const int8_t *inputs;
    const int8_t *states;
    const int64_t *bias;
    int32_t input_multiplier;
    int32_t state_multiplier;
    int8_t input_shift;
    int8_t state_shift;
} tr_lstm16_gate;

/* The rest as tr_lstm has it; the hidden state's zero point is 0. */
typedef struct tr_lstm16 {
    uint32_t steps;
    uint32_t in_c;
    uint32_t units;
    tr_lstm16_gate input_gate, forget_gate, cell_gate, output_gate;
    int32_t forget_multiplier;
    int32_t update_multiplier;
    int32_t hidden_multiplier;
    int8_t forget_shift;
    int8_t update_shift;
    int8_t hidden_shift;
    int32_t tanh_multiplier;
    int8_t tanh_shift;
    int16_t clip;
} tr_lstm16;

/* in: steps * in_c values; out: steps * units. `hidden` and `cell` (units int16 each, at even
 * addresses) are read and changed. No overlap. */
void tr_lstm_s16(const tr_lstm16 *lstm, const int16_t *in, int16_t *out, int8_t *hidden,
                 int8_t *cell, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
