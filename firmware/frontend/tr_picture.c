#include "tinyrob/tr_picture.h"

#include "tinyrob/tr_inline.h"

typedef struct colour {
    uint32_t red, green, blue;
    uint32_t grey;
} colour;

/* part * whole / of, one at least: rounded down, or with half = of / 2 to nearest. */
static uint16_t share(uint32_t part, uint32_t whole, uint32_t of, uint32_t half)
{
    const uint32_t made = (part * whole + half) / of;
    return (uint16_t)(made > 0U ? made : 1U);
}

void tr_picture_begin(const tr_picture *picture, const tr_picture_memory *memory, uint32_t width,
                      uint32_t height)
{
    tr_picture_place *const place = memory->place;
    const uint32_t high = picture->height, wide = picture->width;
    const bool wider = width * high > height * wide;
    tr_picture_axis down = {0, (uint16_t)height, 0, picture->height};
    tr_picture_axis across = {0, (uint16_t)width, 0, picture->width};
    if (picture->fit == TR_PICTURE_CROP && wider) {
        across.length = share(height, wide, high, 0U);
    } else if (picture->fit == TR_PICTURE_CROP) {
        down.length = share(width, high, wide, 0U);
    } else if (picture->fit == TR_PICTURE_PAD && wider) {
        down.count = share(height, wide, width, width / 2U);
    } else if (picture->fit == TR_PICTURE_PAD) {
        across.count = share(width, high, height, height / 2U);
    }
    down.first = (uint16_t)((height - down.length) / 2U);
    across.first = (uint16_t)((width - across.length) / 2U);
    down.to = (uint16_t)((high - down.count) / 2U);
    across.to = (uint16_t)((wide - across.count) / 2U);
    place->down = down;
    place->across = across;
    place->y = 0;
    place->row = 0;
    for (uint32_t i = 0; i < wide * picture->channels; i++) {
        memory->sums[i] = 0;
    }
}

/* The first pixel of the i-th box of an axis, and the first behind it: boxes are one pixel at least. */
static uint32_t first_of(const tr_picture_axis *axis, uint32_t i)
{
    return i * axis->length / axis->count;
}

static uint32_t end_of(const tr_picture_axis *axis, uint32_t i)
{
    const uint32_t first = first_of(axis, i), end = first_of(axis, i + 1U);
    return end > first ? end : first + 1U;
}

/* Where the i-th pixel of an axis lies in the frame's, from the first pixel's middle on, in Q8. */
static uint32_t place_of(const tr_picture_axis *axis, uint32_t i)
{
    const uint32_t twice = (2U * i + 1U) * axis->length, last = (axis->length - 1U) << 8;
    if (twice <= axis->count) {
        return 0;
    }
    const uint32_t place = ((twice - axis->count) * 128U + axis->count / 2U) / axis->count;
    return place < last ? place : last;
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

static int8_t *row_of(const tr_picture *picture, const tr_picture_place *place, int8_t *to)
{
    const uint32_t row = (uint32_t)place->down.to + place->row;
    return to + (row * picture->width + place->across.to) * picture->channels;
}

/* A row of the picture is complete: means, rounded to nearest with halves up. */
static void emit(const tr_picture *picture, const tr_picture_memory *memory, int8_t *to)
{
    const tr_picture_place *const place = memory->place;
    const uint32_t rows = end_of(&place->down, place->row) - first_of(&place->down, place->row);
    uint32_t *sum = memory->sums;
    to = row_of(picture, place, to);
    for (uint32_t i = 0; i < place->across.count; i++) {
        const uint32_t count = rows * (end_of(&place->across, i) - first_of(&place->across, i));
        for (uint32_t c = 0; c < picture->channels; c++, sum++) {
            *to++ = (int8_t)((int32_t)((*sum + count / 2U) / count) - 128);
            *sum = 0;
        }
    }
}

/* The same between the row before and this one, of which down / 256 is taken. */
static void emit_between(const tr_picture *picture, const tr_picture_memory *memory, uint32_t down,
                         int8_t *to)
{
    const uint32_t values = (uint32_t)memory->place->across.count * picture->channels;
    to = row_of(picture, memory->place, to);
    for (uint32_t i = 0; i < values; i++) {
        const uint32_t before = memory->sums[i] & 0xffffU, now = memory->sums[i] >> 16;
        const uint32_t sum = before * (256U - down) + now * down + 0x8000U;
        to[i] = (int8_t)((int32_t)(sum >> 16) - 128);
    }
}

TR_INLINE void add(const tr_picture *picture, const tr_picture_memory *memory, const uint8_t *row,
                   colour (*pixel)(const uint8_t *, uint32_t))
{
    const tr_picture_axis *const across = &memory->place->across;
    uint32_t *sum = memory->sums;
    for (uint32_t i = 0; i < across->count; i++, sum += picture->channels) {
        const uint32_t end = end_of(across, i);
        for (uint32_t x = first_of(across, i); x < end; x++) {
            const colour one = pixel(row, across->first + x);
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

static void follow(uint32_t *rows, uint32_t a, uint32_t b, uint32_t right)
{
    *rows = *rows >> 16 | (a * (256U - right) + b * right) << 16;
}

/* A row between its pixels, in Q8; what was the row is now the row before. */
TR_INLINE void add_between(const tr_picture *picture, const tr_picture_memory *memory,
                           const uint8_t *row, colour (*pixel)(const uint8_t *, uint32_t))
{
    const tr_picture_axis *const across = &memory->place->across;
    uint32_t *rows = memory->sums;
    for (uint32_t i = 0; i < across->count; i++, rows += picture->channels) {
        const uint32_t at = place_of(across, i), right = at & 255U;
        const uint32_t x = across->first + (at >> 8);
        const colour a = pixel(row, x), b = right > 0U ? pixel(row, x + 1U) : a;
        if (picture->channels == 1U) {
            follow(rows, a.grey, b.grey, right);
        } else {
            follow(rows, a.red, b.red, right);
            follow(rows + 1, a.green, b.green, right);
            follow(rows + 2, a.blue, b.blue, right);
        }
    }
}

/* A row of what is taken, the y-th; where a frame is enlarged, several of the picture's come of it. */
TR_INLINE void take_mean(const tr_picture *picture, const tr_picture_memory *memory, uint32_t y,
                         const uint8_t *row, int8_t *to, colour (*pixel)(const uint8_t *, uint32_t))
{
    tr_picture_place *const place = memory->place;
    while (place->row < place->down.count && y >= first_of(&place->down, place->row)) {
        add(picture, memory, row, pixel);
        if (y + 1U < end_of(&place->down, place->row)) {
            return;
        }
        emit(picture, memory, to);
        place->row++;
    }
}

TR_INLINE void take_between(const tr_picture *picture, const tr_picture_memory *memory, uint32_t y,
                            const uint8_t *row, int8_t *to,
                            colour (*pixel)(const uint8_t *, uint32_t))
{
    tr_picture_place *const place = memory->place;
    uint32_t at = place_of(&place->down, place->row);
    if (y < at >> 8) {
        return;
    }
    add_between(picture, memory, row, pixel);
    while (y << 8 >= at) {
        /* of this row there is all, or what lies behind the row before */
        emit_between(picture, memory, y == at >> 8 ? 256U : at & 255U, to);
        place->row++;
        if (place->row == place->down.count) {
            return;
        }
        at = place_of(&place->down, place->row);
    }
}

static void blacken(const tr_picture *picture, const tr_picture_place *place, int8_t *to)
{
    if (place->down.count < picture->height || place->across.count < picture->width) {
        const uint32_t bytes = (uint32_t)picture->height * picture->width * picture->channels;
        for (uint32_t i = 0; i < bytes; i++) {
            to[i] = -128;
        }
    }
}

TR_INLINE bool take(const tr_picture *picture, const tr_picture_memory *memory, const uint8_t *row,
                    int8_t *to, colour (*pixel)(const uint8_t *, uint32_t))
{
    tr_picture_place *const place = memory->place;
    const uint32_t y = place->y++;
    if (y == 0U) {
        blacken(picture, place, to);
    }
    if (y >= place->down.first && place->row < place->down.count) {
        if (picture->bilinear) {
            take_between(picture, memory, y - place->down.first, row, to, pixel);
        } else {
            take_mean(picture, memory, y - place->down.first, row, to, pixel);
        }
    }
    return place->row >= place->down.count;
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
