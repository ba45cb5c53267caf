/* A stream of int16 samples cut into frames, and the rows of features that they become. */
#ifndef TINYROB_TR_FRAMES_H
#define TINYROB_TR_FRAMES_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* `frame` samples, even, one frame every `hop` (at least 1); the last `frames` rows of `width` values
 * make an input. emphasis: the part of the sample before that is taken off each, Q15, at most 2^15;
 * 0: none. */
typedef struct tr_frames {
    uint16_t frame;
    uint16_t hop;
    uint16_t frames;
    uint16_t width;
    uint16_t emphasis;
} tr_frames;

/* Where a stream is. */
typedef struct tr_frames_place {
    uint32_t frames;  /* completed since reset, modulo 2^32 */
    uint32_t skip;    /* samples that no frame wants: a hop may be longer than a frame */
    uint16_t filled;  /* samples of the next frame that are there */
    uint16_t row;     /* the oldest of the rows */
    int16_t previous; /* the last sample pushed */
} tr_frames_place;

#ifdef __cplusplus
}
#endif

#endif
