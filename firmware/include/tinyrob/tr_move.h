/* Values moved without change: TRANSPOSE, slices, splits, GATHER, MIRROR_PAD, RESIZE_NEAREST_NEIGHBOR and others. */
#ifndef TINYROB_TR_MOVE_H
#define TINYROB_TR_MOVE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The output in order: a nest of five loops around runs of `run` bytes that lie side by side in
 * the input. The first is at `start`; a step of loop i moves by `stride[i]` bytes or, where bit i
 * of `tabled` is set, to an entry of `offsets`: `size[i]` of them, for such a loop after the
 * other. Sizes are at least 1, and every place is within the input. */
typedef struct tr_move_loops {
    uint32_t run;
    uint32_t start;
    uint32_t size[5];
    int32_t stride[5];
    uint32_t tabled;
    const int32_t *offsets;
} tr_move_loops;

/* No overlap. */
void tr_move(const tr_move_loops *move, const int8_t *in, int8_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
