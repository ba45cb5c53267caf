/* Depthwise windows of up to 16 values, in planes (tr_mve_planes.h), two at a time: one channel's
 * values in a vector are multiplied by its weights, and by its weights moved up by the second
 * window's distance. Four such units stand beside each other in lanes, so that a channel's bias
 * and factor are plain registers.
 *
 * Cost: 35 instructions for eight outputs (39 where not rectified), 9 a row of groups, 20 a
 * channel. */
#ifndef TINYROB_TR_MVE_PAIRS_H
#define TINYROB_TR_MVE_PAIRS_H

#include "tr_mve.h"

/* A channel of the stream: multiplier, shift (-e), bias, 16 weights. Ranges are tr_mve_dot.h's. */
#define TR_MVE_PAIRS_WORDS 7

/* `pairs` rows of 4 * groups units. What is not said to be in bytes or values is a count. */
typedef struct tr_mve_pairs {
    int32_t zero_point;
    int32_t advance;         /* of `out`, from group to group */
    int32_t step, last_step; /* in a plane, from unit to unit, and from the last to a next group */
    const int8_t *planes;    /* the first window of the first channel: advanced */
    int8_t *out;             /* its output: advanced */
    int32_t next_planes, next_out; /* from the end of a row of groups to the next row */
    const int32_t *stream;         /* advanced */
    int32_t channels;              /* counted down */
    int32_t pitch;                 /* from plane to plane */
    int32_t pairs, groups;
    int32_t lo, hi;
    uint32_t mask; /* of a group's outputs, two bits each, as tr_mve_pairs_mask() makes it */
    uint32_t rectified;
    const int8_t *second; /* in `buffer`: 16 - the distance in values of a unit's windows, < 16 */
    int32_t left;         /* of `pairs` */
    uint16_t places[8];   /* of a group's outputs, from `out` on */
    int8_t buffer[32];    /* 16 zeros, then room for a channel's weights */
} tr_mve_pairs;

/* Units of a group stand in lanes 0, 2, 1, 3, and the two windows of each beside each other. */
static inline uint32_t tr_mve_pairs_lane(uint32_t unit)
{
    return (unit & 1u) * 2u + unit / 2u;
}

/* The first `units` in [1, 4]. */
static inline uint32_t tr_mve_pairs_mask(int32_t units)
{
    return units == 1 ? 0xfu : units == 2 ? 0xf0fu : units == 3 ? 0xfffu : 0xffffu;
}

/* Reads 16 values from every window's first on, also for units that the mask leaves out. */
TR_MVE_ASSEMBLY TR_MVE_APART void tr_mve_pairs_run(tr_mve_pairs *some);

#endif
