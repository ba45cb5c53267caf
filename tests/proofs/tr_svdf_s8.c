/* 1 and 2 inputs, units, ranks and frames; the state of int8, with any zero point, and of int16.
 *
 * eva: -no-warn-unsigned-overflow */
#include "tinyrob/tr_svdf_s8.h"

#include "sixteen.h"

static void run(uint32_t n, uint32_t rank, uint32_t memory, int wide)
{
    const int32_t filters = (int32_t)(n * rank), kept = filters * (int32_t)memory;
    const tr_svdf svdf = {
        n,
        n,
        rank,
        memory,
        any_bytes(filters * (int32_t)n),
        any_words(filters, -(1 << 22), 1 << 22),
        wide ? 0 : any_bytes(kept),
        wide ? any_shorts(kept) : 0,
        any_words((int32_t)n, -(1 << 30), 1 << 30),
        ANY(int32_t, 0, INT32_MAX),
        ANY(int32_t, 0, INT32_MAX),
        ANY(int8_t, -31, 8),
        ANY(int8_t, -31, 0),
        wide ? 0 : ANY(int8_t, -128, 127),
        ANY_OUTPUT,
    };
    int8_t *out = fresh((int32_t)n);
    int8_t *state = wide ? (int8_t *)any_shorts(kept) : any_bytes(kept);
    tr_svdf_s8(&svdf, any_bytes((int32_t)n), out, state, 0);
    all_written(out, (int32_t)n);
}

int main(void)
{
    for (uint32_t n = 1; n <= 2; n++) {
        for (uint32_t rank = 1; rank <= 2; rank++) {
            for (uint32_t memory = 1; memory <= 3; memory++) {
                run(n, rank, memory, 0);
                run(n, rank, memory, 1);
            }
        }
    }
    return 0;
}
