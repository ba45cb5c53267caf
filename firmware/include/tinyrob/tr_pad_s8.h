/* A frame of one value around an int8 tensor of up to four axes: TFLite's PAD. */
#ifndef TINYROB_TR_PAD_S8_H
#define TINYROB_TR_PAD_S8_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The input's axes, outermost first, and how much stands before and after each. */
typedef struct tr_pad {
    uint32_t size[4];
    uint16_t before[4];
    uint16_t after[4];
    int8_t value;
} tr_pad;

/* in: the product of size values; out: that of before + size + after; no overlap. */
void tr_pad_s8(const tr_pad *pad, const int8_t *in, int8_t *out, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
