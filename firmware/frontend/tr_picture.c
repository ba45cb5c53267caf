#include "tinyrob/tr_picture.h"

#include "tinyrob/tr_inline.h"

typedef struct colour {
    uint32_t red, green, blue;
    uint32_t grey;
} colour;

void tr_picture_begin(const tr_picture *picture, const tr_picture_memory *memory, uint32_t width,
                      uint32_t height)
{
    tr_picture_place *const place = memory->place;
    uint32_t wide = width, high = height;
    if (!picture->stretch) {
        if (width * picture->height > height * picture->width) {
            wide = height * picture->width / picture->height;
            wide = wide > 0U ? wide : 1U;
        } else {
            high = width * picture->height / picture->width;
            high = high > 0U ? high : 1U;
        }
    }
    place->top = (uint16_t)((height - high) / 2U);
    place->left = (uint16_t)((width - wide) / 2U);
    place->height = (uint16_t)high;
    place->width = (uint16_t)wide;
    place->y = 0;
    place->row = 0;
    for (uint32_t i = 0; i < (uint32_t)picture->width * picture->channels; i++) {
        memory->sums[i] = 0;
    }
}

/* The first pixel of the i-th of `count` boxes, and the first behind it: boxes are one pixel at least. */
static uint32_t first_of(uint32_t i, uint32_t length, uint32_t count)
{
    return i * length / count;
}

static uint32_t end_of(uint32_t i, uint32_t length, uint32_t count)
{
    const uint32_t first = first_of(i, length, count), end = first_of(i + 1U, length, count);
    return end > first ? end : first + 1U;
}

/* BT.601's luma in 16 bits. */
static uint32_t grey_of(uint32_t red, uint32_t green, uint32_t blue)
{
    return (red * 19595U + green * 38470U + blue * 7471U + 0x8000U) >> 16;
}

static colour of_rgb565(uint32_t word)
{
    const uint32_t red = word >> 11, green = (word >> 5) & 63U, blue = word & 31U;
    colour made = {red << 3 | red >> 2, green << 2 | green >> 4, blue << 3 | blue >> 2, 0};
    made.grey = grey_of(made.red, made.green, made.blue);
    return made;
}

static colour rgb565(const uint8_t *row, uint32_t x)
{
    return of_rgb565((uint32_t)row[2U * x] | (uint32_t)row[2U * x + 1U] << 8);
}

static colour rgb565_be(const uint8_t *row, uint32_t x)
{
    return of_rgb565((uint32_t)row[2U * x] << 8 | (uint32_t)row[2U * x + 1U]);
}

static colour rgb888(const uint8_t *row, uint32_t x)
{
    const uint8_t *const at = row + 3U * x;
    const colour made = {at[0], at[1], at[2], grey_of(at[0], at[1], at[2])};
    return made;
}

static uint32_t to_byte(int32_t x)
{
    const int32_t whole = x >> 8;
    return (uint32_t)(whole < 0 ? 0 : whole > 255 ? 255 : whole);
}

static colour yuv422(const uint8_t *row, uint32_t x)
{
    const uint8_t *const pair = row + 4U * (x / 2U);
    const int32_t luma = 256 * row[2U * x] + 128, u = pair[1] - 128, v = pair[3] - 128;
    const colour made = {to_byte(luma + 359 * v), to_byte(luma - 88 * u - 183 * v),
                         to_byte(luma + 454 * u), row[2U * x]};
    return made;
}

static colour gray8(const uint8_t *row, uint32_t x)
{
    const colour made = {row[x], row[x], row[x], row[x]};
    return made;
}

/* A row of the picture is complete: means, rounded to nearest with halves up. */
static void emit(const tr_picture *picture, const tr_picture_memory *memory, int8_t *to)
{
    const tr_picture_place *const place = memory->place;
    const uint32_t rows = end_of(place->row, place->height, picture->height) -
                          first_of(place->row, place->height, picture->height);
    uint32_t *sum = memory->sums;
    to += (uint32_t)place->row * picture->width * picture->channels;
    for (uint32_t i = 0; i < picture->width; i++) {
        const uint32_t count = rows * (end_of(i, place->width, picture->width) -
                                       first_of(i, place->width, picture->width));
        for (uint32_t c = 0; c < picture->channels; c++, sum++) {
            *to++ = (int8_t)((int32_t)((*sum + count / 2U) / count) - 128);
            *sum = 0;
        }
    }
}

TR_INLINE void add(const tr_picture *picture, const tr_picture_memory *memory, const uint8_t *row,
                   colour (*pixel)(const uint8_t *, uint32_t))
{
    const tr_picture_place *const place = memory->place;
    uint32_t *sum = memory->sums;
    for (uint32_t i = 0; i < picture->width; i++, sum += picture->channels) {
        const uint32_t end = end_of(i, place->width, picture->width);
        for (uint32_t x = first_of(i, place->width, picture->width); x < end; x++) {
            const colour one = pixel(row, place->left + x);
            if (picture->channels == 1U) {
                sum[0] += one.grey;
            } else {
                sum[0] += one.red;
                sum[1] += one.green;
                sum[2] += one.blue;
            }
        }
    }
}

TR_INLINE bool take(const tr_picture *picture, const tr_picture_memory *memory, const uint8_t *row,
                    int8_t *to, colour (*pixel)(const uint8_t *, uint32_t))
{
    tr_picture_place *const place = memory->place;
    const uint32_t y = place->y++;
    while (place->row < picture->height) {
        const uint32_t first = place->top + first_of(place->row, place->height, picture->height);
        if (y < first) {
            return false;
        }
        add(picture, memory, row, pixel);
        if (y + 1U < place->top + end_of(place->row, place->height, picture->height)) {
            return false;
        }
        emit(picture, memory, to);
        place->row++; /* where a frame is enlarged, the next row may be of the same pixels */
    }
    return true;
}

bool tr_picture_rgb565(const tr_picture *picture, const tr_picture_memory *memory,
                       const uint8_t *row, int8_t *to)
{
    return take(picture, memory, row, to, rgb565);
}

bool tr_picture_rgb565_be(const tr_picture *picture, const tr_picture_memory *memory,
                          const uint8_t *row, int8_t *to)
{
    return take(picture, memory, row, to, rgb565_be);
}

bool tr_picture_rgb888(const tr_picture *picture, const tr_picture_memory *memory,
                       const uint8_t *row, int8_t *to)
{
    return take(picture, memory, row, to, rgb888);
}

bool tr_picture_yuv422(const tr_picture *picture, const tr_picture_memory *memory,
                       const uint8_t *row, int8_t *to)
{
    return take(picture, memory, row, to, yuv422);
}

bool tr_picture_gray8(const tr_picture *picture, const tr_picture_memory *memory,
                      const uint8_t *row, int8_t *to)
{
    return take(picture, memory, row, to, gray8);
}
