/* 1 and 2 steps, inputs and units; cells and clips of any int16.
 *
 * eva: -eva-use-spec tr_sigmoid16,tr_tanh16 */
#include "tinyrob/tr_lstm_s16.h"

#include "lstm.h"
#include "sixteen.h"

static void run(uint32_t steps, uint32_t in_c, uint32_t units)
{
    const int32_t inputs = (int32_t)in_c, outputs = (int32_t)units;
    const gate_factors gates = {32768, 8, 46};
    const tr_lstm16 lstm = {
        .rule = any_rule(steps, in_c, units, gates, 0),
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
