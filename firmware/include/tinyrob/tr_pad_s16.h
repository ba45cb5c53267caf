/* A frame of one value around an int16 tensor of up to four axes: TFLite's PAD. */
#ifndef TINYROB_TR_PAD_S16_H
#define TINYROB_TR_PAD_S16_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The input's axes, outermost first, and how much stands before and after each. */
typedef struct tr_pad16 {
    uint32_t size[4];
    uint16_t before[4];
    uint16_t after[4];
    int16_t value;
} tr_pad16;

/* in: the product of size values; out: that of before + size + after; no overlap. */
void tr_pad_s16(const tr_pad16 *pad, const int16_t *in, int16_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
