/* 1 and 2 steps, inputs and units; cells and clips of any int16.
 *
 * eva: -eva-use-spec tr_sigmoid16,tr_tanh16 */
#include "tinyrob/tr_lstm_s16.h"

#include "sixteen.h"

#define MULTIPLIER ANY(int32_t, 0, 32768)
#define SHIFT ANY(int8_t, 8, 46)

static void run(uint32_t steps, uint32_t in_c, uint32_t units)
{
    const int32_t inputs = (int32_t)in_c, outputs = (int32_t)units;
    const tr_lstm16 lstm = {
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
                .zero_point = 0,
            },
        .inputs = any_bytes(4 * outputs * inputs),
        .states = any_bytes(4 * outputs * outputs),
        .bias = any_longs(4 * outputs, -BIAS16, BIAS16),
    };
    int16_t *cell = any_shorts(outputs), *hidden = any_shorts(outputs);
    int16_t *out = fresh16((int32_t)steps * outputs);
    tr_lstm_s16(&lstm, any_shorts((int32_t)steps * inputs), out, (int8_t *)(void *)hidden,
                (int8_t *)(void *)cell, 0);
    all_written16(out, (int32_t)steps * outputs);
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
