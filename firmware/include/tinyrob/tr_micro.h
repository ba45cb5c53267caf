/* TensorFlow's microfrontend, bit for bit, and int8 rows as micro_speech and microWakeWord make them.
 * docs/reference/features.md. */
#ifndef TINYROB_TR_MICRO_H
#define TINYROB_TR_MICRO_H

#include "tinyrob/tr_frames.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A bin of the transform: its channel, its weight there and in the next one; Q12. */
typedef struct tr_micro_bin {
    int16_t weight;
    int16_t unweight;
    uint16_t channel;
} tr_micro_bin;

/* What a recipe's [features] of kind "microfrontend" stand for. frames.width: the channels, at most
 * 64; frames.emphasis is 0. */
typedef struct tr_micro {
    tr_frames frames;
    const int16_t *window;         /* frame values, Q12 */
    const int16_t *twiddles;       /* points times cos, -sin; Q15 */
    const int16_t *super_twiddles; /* points / 2 times two, Q15 */
    const uint16_t *places;        /* frame / 2: where pairs of samples go before the transform */
    const tr_micro_bin *bin;       /* bins of them, from first on */
    const int16_t *gains;          /* 126: of 0, of 1, then four an octave; NULL: no PCAN */
    uint16_t points;               /* 128, 256 or 512: half the transform's length */
    uint16_t first;                /* at least 1 */
    uint16_t bins;                 /* first + bins <= points */
    uint16_t even, odd, least;     /* of noise reduction, Q14 */
    uint8_t smoothing_bits;
    int8_t correction_bits;
    uint8_t ratio_shift;
    uint8_t scale_shift;
} tr_micro;

/* The memory of a stream, which the caller owns. */
typedef struct tr_micro_memory {
    tr_frames_place *place;
    int16_t *work;    /* 2 * points */
    int16_t *samples; /* frame */
    uint64_t *sums;   /* width + 2 */
    uint32_t *noise;  /* width */
    int8_t *rows;     /* frames * width */
} tr_micro_memory;

/* A stream begins: no noise is known, and the rows are those of silence. */
void tr_micro_reset(const tr_micro *micro, const tr_micro_memory *memory);

/* Takes n samples, any number, and returns how many frames they completed. */
uint32_t tr_micro_push(const tr_micro *micro, const tr_micro_memory *memory, const int16_t *samples,
                       uint32_t n);

/* The last frames.frames rows, the oldest first. */
void tr_micro_input(const tr_micro *micro, const tr_micro_memory *memory, int8_t *to);

#ifdef __cplusplus
}
#endif

#endif
