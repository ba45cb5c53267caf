/* Mel-frequency features of sound in integers: frames of int16 samples to rows of int8, bit for bit
 * as tinyrob trains on them. docs/reference/features.md has every format and rounding. */
#ifndef TINYROB_TR_MEL_H
#define TINYROB_TR_MEL_H

#include <stdint.h>

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
    uint16_t fft;             /* 256, 512 or 1024 */
    uint16_t frame;           /* even, in [32, fft] */
    uint16_t hop;             /* at least 1 */
    uint16_t frames;          /* that make an input, at least 1 */
    uint16_t bands;           /* in [2, 128] */
    uint16_t width;           /* values a frame */
    uint16_t emphasis;        /* Q15, at most 2^15; 0: none */
    uint16_t centre;          /* Q9 octaves, taken off each logarithm */
    uint8_t floor;            /* in [0, 32] */
    uint8_t shift;            /* in [1, 31]: of the last rounding */
} tr_mel;

/* Where a stream is. */
typedef struct tr_mel_place {
    uint32_t frames;  /* completed since reset, modulo 2^32 */
    uint32_t skip;    /* samples that no frame wants: a hop may be longer than a frame */
    uint16_t filled;  /* samples of the next frame that are there */
    uint16_t row;     /* the oldest of the rows */
    int16_t previous; /* the last sample pushed */
} tr_mel_place;

/* The memory of a stream, which the caller owns. */
typedef struct tr_mel_memory {
    tr_mel_place *place;
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
