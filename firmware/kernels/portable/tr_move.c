/* Portable moves: loops around runs of bytes. */
#include "tinyrob/tr_move.h"

#include <stddef.h>

/* Where step i of a loop is. */
static ptrdiff_t at(const tr_move_loops *move, const int32_t *const table[5], uint32_t loop,
                    uint32_t i)
{
    const int32_t *offsets = table[loop];
    return offsets != NULL ? offsets[i] : (ptrdiff_t)move->stride[loop] * (ptrdiff_t)i;
}

static int8_t *innermost(const tr_move_loops *move, const int32_t *const table[5], const int8_t *in,
                         int8_t *out)
{
    for (uint32_t m = 0; m < move->size[4]; m++) {
        const int8_t *from = in + at(move, table, 4, m);
        for (uint32_t n = move->run; n > 0; n--) {
            *out++ = *from++;
        }
    }
    return out;
}

void tr_move(const tr_move_loops *move, const int8_t *in, int8_t *out, void *scratch)
{
    const int32_t *table[5];
    const int32_t *next = move->offsets;
    (void)scratch;
    for (uint32_t loop = 0; loop < 5; loop++) {
        table[loop] = NULL;
        if ((move->tabled >> loop) & 1u) {
            table[loop] = next;
            next += move->size[loop];
        }
    }
    in += move->start;
    for (uint32_t i = 0; i < move->size[0]; i++) {
        const int8_t *in_i = in + at(move, table, 0, i);
        for (uint32_t j = 0; j < move->size[1]; j++) {
            const int8_t *in_j = in_i + at(move, table, 1, j);
            for (uint32_t k = 0; k < move->size[2]; k++) {
                const int8_t *in_k = in_j + at(move, table, 2, k);
                for (uint32_t l = 0; l < move->size[3]; l++) {
                    out = innermost(move, table, in_k + at(move, table, 3, l), out);
                }
            }
        }
    }
}
