/* The channels of a group, out of an image and into one: what convolutions in groups share. */
#ifndef TINYROB_TR_GROUPS_H
#define TINYROB_TR_GROUPS_H

#include <stdint.h>

#include "tinyrob/tr_window.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Each group is a convolution of its own, of `in_c` and `out_c` channels. Its inputs are laid out
 * `given` bytes into the scratch and its outputs made `made` bytes into it, behind what the
 * convolution wants. */
typedef struct tr_groups {
    uint32_t count, in_c, out_c;
    uint32_t given, made;
} tr_groups;

/* Runs of `run` >= 1 values, from `from_step` to `to_step` apart. */
static inline void tr_group_copy(const int8_t *from, uint32_t from_step, int8_t *to,
                                 uint32_t to_step, uint32_t run, uint32_t count)
{
    for (; count > 0u; count--, from += from_step, to += to_step) {
        uint32_t i = 0;
        for (; i + 4u <= run; i += 4u) {
            int32_t word;
            __builtin_memcpy(&word, from + i, 4);
            __builtin_memcpy(to + i, &word, 4);
        }
        for (; i < run; i++) {
            to[i] = from[i];
        }
    }
}

/* The inputs of a group of so many images, for a convolution. */
static inline int8_t *tr_group_inputs(const tr_groups *of, uint32_t group, const tr_window *w,
                                      uint32_t images, const int8_t *in, void *scratch)
{
    int8_t *given = (int8_t *)scratch + of->given;
    tr_group_copy(in + group * of->in_c, of->count * of->in_c, given, of->in_c, of->in_c,
                  images * w->in_h * w->in_w);
    return given;
}

/* Where a convolution makes a group's outputs. */
static inline int8_t *tr_group_made(const tr_groups *of, void *scratch)
{
    return (int8_t *)scratch + of->made;
}

/* A group's outputs to their places. */
static inline void tr_group_outputs(const tr_groups *of, uint32_t group, const tr_window *w,
                                    uint32_t images, int8_t *out, void *scratch)
{
    tr_group_copy(tr_group_made(of, scratch), of->out_c, out + group * of->out_c,
                  of->count * of->out_c, of->out_c, images * w->out_h * w->out_w);
}

#ifdef __cplusplus
}
#endif

#endif
