/* A camera's frame to a network's picture: colours, crop, and the mean of boxes, row by row. Bit for bit
 * what tinyrob makes of the same bytes: docs/reference/pictures.md. */
#ifndef TINYROB_TR_PICTURE_H
#define TINYROB_TR_PICTURE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The network's input: height * width * channels values, pixel - 128. */
typedef struct tr_picture {
    uint16_t height;
    uint16_t width;
    uint8_t channels; /* 1 (grey) or 3 (red, green, blue) */
    bool stretch; /* takes all of a frame; else what has the picture's proportions, in its middle */
} tr_picture;

/* Where in a frame it is. */
typedef struct tr_picture_place {
    uint16_t top, left, height, width; /* of what is taken */
    uint16_t y;                        /* the next row that comes */
    uint16_t row;                      /* the picture's row that is being summed */
} tr_picture_place;

/* The memory that a frame takes; the caller's. */
typedef struct tr_picture_memory {
    tr_picture_place *place;
    uint32_t *sums; /* width * channels */
} tr_picture_memory;

/* A frame begins, of at least 1 x 1 pixels and at most 4,096 each way. */
void tr_picture_begin(const tr_picture *picture, const tr_picture_memory *memory, uint32_t width,
                      uint32_t height);

/* The frame's next row; true when the picture is complete. Bytes a pixel: rgb565 2, the low byte first
 * (rgb565_be: the high one); rgb888 3; yuv422 2, as YUYV of full range (BT.601), an even width; gray8
 * 1. */
bool tr_picture_rgb565(const tr_picture *picture, const tr_picture_memory *memory,
                       const uint8_t *row, int8_t *to);
bool tr_picture_rgb565_be(const tr_picture *picture, const tr_picture_memory *memory,
                          const uint8_t *row, int8_t *to);
bool tr_picture_rgb888(const tr_picture *picture, const tr_picture_memory *memory,
                       const uint8_t *row, int8_t *to);
bool tr_picture_yuv422(const tr_picture *picture, const tr_picture_memory *memory,
                       const uint8_t *row, int8_t *to);
bool tr_picture_gray8(const tr_picture *picture, const tr_picture_memory *memory,
                      const uint8_t *row, int8_t *to);

#ifdef __cplusplus
}
#endif

#endif
