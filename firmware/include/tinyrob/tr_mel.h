/* Mel-frequency features of sound in integers: frames of int16 samples to rows of int8, bit for bit
 * as tinyrob trains on them. docs/reference/features.md has every format and rounding. */
#ifndef TINYROB_TR_MEL_H
#define TINYROB_TR_MEL_H

#include "tinyrob/tr_frames.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A triangle of the mel scale: `bins` weights from bin `first` on; first + bins <= fft / 2. */
typedef struct tr_band {
    uint16_t first;
    uint16_t bins;
} tr_band;

/* What a recipe's [features] stand for. Constant: it stays in flash. */
typedef struct tr_mel {
    const int16_t *window;    /* frame values, Q15 */
    const int32_t *twiddles;  /* fft / 2 times cos, -sin; Q31, of a modulus below 1 */
    const uint16_t *reversed; /* frame / 2 places in [0, fft / 2), all different */
    const tr_band *band;      /* bands of them */
    const uint16_t *weights;  /* of all bands, one behind the other; Q12, at most 2^12 */
    const int16_t *cosines;   /* width rows of bands values; NULL: log-mel, and width is bands */
    tr_frames frames;         /* frame in [32, fft]; width: values a row */
    uint16_t fft;             /* 256, 512 or 1024 */
    uint16_t bands;           /* in [2, 128] */
    uint16_t centre;          /* Q9 octaves, taken off each logarithm */
    uint16_t factor;          /* of the result, in [2^14, 2^15); 0: none */
    uint8_t floor;            /* in [0, 32] */
    uint8_t shift;            /* of the last rounding: in [1, 31], with a factor in [15, 42] */
} tr_mel;

/* The memory of a stream, which the caller owns. */
typedef struct tr_mel_memory {
    tr_frames_place *place;
    int32_t *work;    /* fft */
    int16_t *samples; /* frame */
    int16_t *logs;    /* bands */
    int8_t *rows;     /* frames * width */
} tr_mel_memory;

/* A stream begins: the rows are those of silence. */
void tr_mel_reset(const tr_mel *mel, const tr_mel_memory *memory);

/* Takes n samples, any number, and returns how many frames they completed. */
uint32_t tr_mel_push(const tr_mel *mel, const tr_mel_memory *memory, const int16_t *samples,
                     uint32_t n);

/* The last `frames` rows, the oldest first: a network's input of frames * width values. */
void tr_mel_input(const tr_mel *mel, const tr_mel_memory *memory, int8_t *to);

#ifdef __cplusplus
}
#endif

#endif
