/* A camera's frame to a network's picture: colours, crop and size, row by row. Bit for bit what tinyrob
 * makes of the same bytes: docs/reference/pictures.md. */
#ifndef TINYROB_TR_PICTURE_H
#define TINYROB_TR_PICTURE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What of a frame is taken. */
typedef enum tr_picture_fit {
    TR_PICTURE_CROP,    /* what has the picture's proportions, in its middle */
    TR_PICTURE_PAD,     /* all, with black around it */
    TR_PICTURE_STRETCH, /* all, out of proportion */
} tr_picture_fit;

/* The network's input: height * width * channels values, pixel - 128; at most 4,095 each way. */
typedef struct tr_picture {
    uint16_t height;
    uint16_t width;
    uint8_t channels; /* 1 (grey) or 3 (red, green, blue) */
    bool bilinear;    /* a pixel lies between four of the frame's; else it is the mean of a box */
    tr_picture_fit fit;
} tr_picture;

/* Along one axis: of a frame, length pixels from first on become count of the picture's from to on. */
typedef struct tr_picture_axis {
    uint16_t first, length, to, count;
} tr_picture_axis;

/* Where in a frame it is. */
typedef struct tr_picture_place {
    tr_picture_axis down, across;
    uint16_t y;   /* the next row that comes */
    uint16_t row; /* the picture's row that is being made, from down.to on */
} tr_picture_place;

/* The memory that a frame takes; the caller's. */
typedef struct tr_picture_memory {
    tr_picture_place *place;
    uint32_t *sums; /* width * channels; bilinear: two rows, of 16 bits a value */
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
