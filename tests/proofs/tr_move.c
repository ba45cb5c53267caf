/* Each set of loops with tables, in nests of up to 2 x 1 x 3 x 2 x 2 runs of 1 and 2 bytes: a tensor
 * that is copied, and one that is read backwards. */
#include "tinyrob/tr_move.h"

#include "proof.h"

static void run(uint32_t tabled, uint32_t bytes, int32_t backwards)
{
    const uint32_t size[5] = {2, 1, 3, 2, 2};
    tr_move_loops move = {bytes, 0, {2, 1, 3, 2, 2}, {0, 0, 0, 0, 0}, tabled, 0};
    int32_t offsets[10];
    int32_t *next = offsets;
    int32_t stride[5], total = (int32_t)bytes;
    for (uint32_t loop = 5; loop-- > 0;) {
        stride[loop] = total;
        total *= (int32_t)size[loop];
    }
    for (uint32_t loop = 0; loop < 5; loop++) {
        const int32_t step = backwards ? -stride[loop] : stride[loop];
        move.stride[loop] = step;
        for (uint32_t i = 0; i < size[loop] && (tabled >> loop & 1u); i++) {
            *next++ = step * (int32_t)i;
        }
    }
    move.offsets = offsets;
    move.start = backwards ? (uint32_t)total - bytes : 0;
    int8_t *out = fresh(total);
    tr_move(&move, any_bytes(total), out, 0);
    all_written(out, total);
}

int main(void)
{
    for (uint32_t tabled = 0; tabled < 32; tabled++) {
        run(tabled, 1, 0);
        run(tabled, 1, 1);
        run(tabled, 2, 0);
        run(tabled, 2, 1);
    }
    return 0;
}
