/* 1 and 2 steps, inputs and units; cells and clips of any int16.
 *
 * eva: -eva-use-spec tr_sigmoid16,tr_tanh16 */
#include "tinyrob/tr_lstm_s8.h"

#include "lstm.h"

#define BIAS (INT32_MAX - 128 * 128 * 2)

static void run(uint32_t steps, uint32_t in_c, uint32_t units)
{
    const int32_t inputs = (int32_t)in_c, outputs = (int32_t)units;
    const gate_factors gates = {INT32_MAX, -31, 30};
    const tr_lstm lstm = {
        .rule = any_rule(steps, in_c, units, gates, ANY(int8_t, -128, 127)),
        .inputs = any_bytes(4 * outputs * inputs),
        .states = any_bytes(4 * outputs * outputs),
        .input_bias = any_words(4 * outputs, -BIAS, BIAS),
        .state_bias = any_words(4 * outputs, -BIAS, BIAS),
    };
    int16_t *cell = malloc(sizeof(int16_t) * units);
    for (uint32_t i = 0; i < units; i++) {
        cell[i] = ANY(int16_t, -32768, 32767);
    }
    int8_t *out = fresh((int32_t)steps * outputs);
    tr_lstm_s8(&lstm, any_bytes((int32_t)steps * inputs), out, any_bytes(outputs),
               (int8_t *)(void *)cell, 0);
    all_written(out, (int32_t)steps * outputs);
}

int main(void)
{
    for (uint32_t steps = 1; steps <= 2; steps++) {
        for (uint32_t in_c = 1; in_c <= 2; in_c++) {
            run(steps, in_c, 1);
            run(steps, in_c, 2);
        }
    }
    return 0;
}
