/* 1 and 2 steps, inputs and units; cells and clips of any int16.
 *
 * eva: -eva-use-spec tr_sigmoid16,tr_tanh16 */
#include "tinyrob/tr_lstm_s8.h"

#include "proof.h"

#define BIAS (INT32_MAX - 128 * 128 * 2)

#define MULTIPLIER ANY(int32_t, 0, INT32_MAX)
#define SHIFT ANY(int8_t, -31, 30)

static void run(uint32_t steps, uint32_t in_c, uint32_t units)
{
    const int32_t inputs = (int32_t)in_c, outputs = (int32_t)units;
    const tr_lstm lstm = {
        .rule =
            {
                .steps = steps,
                .in_c = in_c,
                .units = units,
                .input_multiplier = {MULTIPLIER, MULTIPLIER, MULTIPLIER, MULTIPLIER},
                .state_multiplier = {MULTIPLIER, MULTIPLIER, MULTIPLIER, MULTIPLIER},
                .input_shift = {SHIFT, SHIFT, SHIFT, SHIFT},
                .state_shift = {SHIFT, SHIFT, SHIFT, SHIFT},
                .forget_multiplier = ANY(int32_t, 0, INT32_MAX),
                .update_multiplier = ANY(int32_t, 0, INT32_MAX),
                .hidden_multiplier = ANY(int32_t, 0, INT32_MAX),
                .forget_shift = ANY(int8_t, -31, 30),
                .update_shift = ANY(int8_t, -31, 30),
                .hidden_shift = ANY(int8_t, -31, 30),
                .tanh_multiplier = ANY(int32_t, 0, 6144),
                .tanh_shift = ANY(int8_t, 0, 18),
                .clip = ANY(int16_t, 0, 32767),
                .zero_point = ANY(int8_t, -128, 127),
            },
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
