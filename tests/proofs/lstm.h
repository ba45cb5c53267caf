/* What an LSTM is told, whatever its type. */
#ifndef LSTM_H
#define LSTM_H

#include "tinyrob/tr_lstm.h"

#include "proof.h"

/* The ranges are those of the gates' factors. */
typedef struct gate_factors {
    int32_t most_multiplier;
    int32_t least_shift, most_shift;
} gate_factors;

static inline tr_lstm_rule any_rule(uint32_t steps, uint32_t in_c, uint32_t units, gate_factors of,
                                    int8_t zero_point)
{
    tr_lstm_rule rule = {
        .steps = steps,
        .in_c = in_c,
        .units = units,
        .forget_multiplier = ANY(int32_t, 0, INT32_MAX),
        .update_multiplier = ANY(int32_t, 0, INT32_MAX),
        .hidden_multiplier = ANY(int32_t, 0, INT32_MAX),
        .forget_shift = ANY(int8_t, -31, 30),
        .update_shift = ANY(int8_t, -31, 30),
        .hidden_shift = ANY(int8_t, -31, 30),
        .tanh_multiplier = ANY(int32_t, 0, 6144),
        .tanh_shift = ANY(int8_t, 0, 18),
        .clip = ANY(int16_t, 0, 32767),
        .zero_point = zero_point,
    };
    for (int32_t i = 0; i < TR_LSTM_GATES; i++) {
        rule.input_multiplier[i] = ANY(int32_t, 0, of.most_multiplier);
        rule.state_multiplier[i] = ANY(int32_t, 0, of.most_multiplier);
        rule.input_shift[i] = ANY(int8_t, of.least_shift, of.most_shift);
        rule.state_shift[i] = ANY(int8_t, of.least_shift, of.most_shift);
    }
    return rule;
}

#endif
