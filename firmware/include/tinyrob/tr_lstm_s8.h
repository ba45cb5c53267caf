/* A recurrent layer of int8 with an int16 cell: TFLite's UNIDIRECTIONAL_SEQUENCE_LSTM. */
#ifndef TINYROB_TR_LSTM_S8_H
#define TINYROB_TR_LSTM_S8_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Weights (units, in_c) and (units, units), row by row; biases hold the zero points. Sums and
 * factors are such that no rescaled sum leaves an int32. */
typedef struct tr_lstm_gate {
    const int8_t *inputs;
    const int8_t *states;
    const int32_t *input_bias;
    const int32_t *state_bias;
    int32_t input_multiplier;
    int32_t state_multiplier;
    int8_t input_shift;
    int8_t state_shift;
} tr_lstm_gate;

/* Factors: of gate times cell, of gate times candidate, of tanh times gate. tanh's argument is the
 * cell times tanh_multiplier (up to 6144) / 2^tanh_shift (up to 2^18). `clip` is 0, or what a cell
 * is clamped to. */
typedef struct tr_lstm {
    uint32_t steps;
    uint32_t in_c;
    uint32_t units;
    tr_lstm_gate input_gate, forget_gate, cell_gate, output_gate;
    int32_t forget_multiplier;
    int32_t update_multiplier;
    int32_t hidden_multiplier;
    int8_t forget_shift;
    int8_t update_shift;
    int8_t hidden_shift;
    int32_t tanh_multiplier;
    int8_t tanh_shift;
    int16_t clip;
    int8_t zero_point;
} tr_lstm;

/* in: steps * in_c values; out: steps * units. `hidden` (units int8) and `cell` (units int16, at an
 * even address) are read and changed. No overlap. */
void tr_lstm_s8(const tr_lstm *lstm, const int8_t *in, int8_t *out, int8_t *hidden, int8_t *cell,
                void *scratch);

#ifdef __cplusplus
}
#endif

#endif
