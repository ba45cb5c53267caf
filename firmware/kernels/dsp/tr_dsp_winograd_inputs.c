#include "tr_dsp_winograd_inputs.h"

#include "tr_dsp.h"

/* Four lanes of a row or a column. */
typedef struct four {
    int32_t a, b, c, d;
} four;

/* B' by a column. */
static inline four of_input(four d)
{
    const int32_t first = tr_ssub16(d.a, d.c), last = tr_ssub16(d.b, d.d);
    const four b = {tr_sadd16(first, first), tr_sadd16(d.b, d.c), tr_ssub16(d.c, d.b),
                    tr_sadd16(last, last)};
    return b;
}

static inline int32_t lanes(const int8_t *from, int32_t odd)
{
    const int32_t word = tr_load4(from);
    return odd ? tr_sxtb16_odd(word) : tr_sxtb16(word);
}

static inline four column(const int8_t *const *at, int32_t k, int32_t odd)
{
    const four d = {lanes(at[0] + k, odd), lanes(at[4] + k, odd), lanes(at[8] + k, odd),
                    lanes(at[12] + k, odd)};
    return of_input(d);
}

static inline void put_inputs(int32_t *to, four d)
{
    to[0] = d.a;
    to[4] = d.b;
    to[8] = d.c;
    to[12] = d.d;
}

/* Two channels of a tile's inputs, from channel k on: of four, the even or the odd ones. */
static inline void of_two(const int8_t *const *at, int32_t k, int32_t odd, int32_t *to)
{
    const four a = column(at, k, odd), b = column(at + 1, k, odd);
    const four c = column(at + 2, k, odd), d = column(at + 3, k, odd);
    const four first = {a.a, b.a, c.a, d.a}, second = {a.b, b.b, c.b, d.b};
    const four third = {a.c, b.c, c.c, d.c}, fourth = {a.d, b.d, c.d, d.d};
    put_inputs(to, of_input(first));
    put_inputs(to + 16, of_input(second));
    put_inputs(to + 32, of_input(third));
    put_inputs(to + 48, of_input(fourth));
}

void tr_dsp_winograd_inputs(const int8_t *const at[16], int32_t in_c, int32_t *to)
{
    for (int32_t k = 0; k < in_c; k += 4, to += 128) {
        of_two(at, k, 0, to);
        of_two(at, k, 1, to + 64);
    }
}
