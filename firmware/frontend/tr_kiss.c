#include "tr_kiss.h"

static void radix_2(int16_t *z, uint32_t size, uint32_t stride, const int16_t *w)
{
    for (uint32_t k = 0; k < size; k++, z += 2, w += 2U * stride) {
        int16_t *const b = z + 2U * size;
        const int32_t ar = tr_kiss_divide(z[0], 2), ai = tr_kiss_divide(z[1], 2);
        const tr_kiss_value t = tr_kiss_multiply(tr_kiss_divide(b[0], 2), tr_kiss_divide(b[1], 2),
                                                 w);
        z[0] = (int16_t)(ar + t.re);
        z[1] = (int16_t)(ai + t.im);
        b[0] = (int16_t)(ar - t.re);
        b[1] = (int16_t)(ai - t.im);
    }
}

static tr_kiss_value turned(const int16_t *z, const int16_t *w)
{
    return tr_kiss_multiply(tr_kiss_divide(z[0], 4), tr_kiss_divide(z[1], 4), w);
}

static void radix_4(int16_t *z, uint32_t size, uint32_t stride, const int16_t *twiddles)
{
    for (uint32_t k = 0; k < size; k++, z += 2) {
        int16_t *const b = z + 2U * size, *const c = b + 2U * size, *const d = c + 2U * size;
        const int16_t *const w = twiddles + 2U * k * stride;
        const tr_kiss_value t0 = turned(b, w);
        const tr_kiss_value t1 = turned(c, twiddles + 4U * k * stride);
        const tr_kiss_value t2 = turned(d, twiddles + 6U * k * stride);
        const int32_t ar = tr_kiss_divide(z[0], 4), ai = tr_kiss_divide(z[1], 4);
        const int32_t s5r = (int16_t)(ar - t1.re), s5i = (int16_t)(ai - t1.im);
        const int32_t fr = (int16_t)(ar + t1.re), fi = (int16_t)(ai + t1.im);
        const int32_t s3r = (int16_t)(t0.re + t2.re), s3i = (int16_t)(t0.im + t2.im);
        const int32_t s4r = (int16_t)(t0.re - t2.re), s4i = (int16_t)(t0.im - t2.im);
        z[0] = (int16_t)(fr + s3r);
        z[1] = (int16_t)(fi + s3i);
        b[0] = (int16_t)(s5r + s4i);
        b[1] = (int16_t)(s5i - s4r);
        c[0] = (int16_t)(fr - s3r);
        c[1] = (int16_t)(fi - s3i);
        d[0] = (int16_t)(s5r - s4i);
        d[1] = (int16_t)(s5i + s4r);
    }
}

void tr_kiss_fft(int16_t *z, uint32_t points, const int16_t *twiddles)
{
    int16_t *const end = z + 2U * points;
    uint32_t size = 1, fours = points;
    while (fours > 2U) {
        fours /= 4U;
    }
    if (fours == 2U) { /* an odd power: the innermost stage is of radix 2 */
        for (int16_t *group = z; group < end; group += 4) {
            radix_2(group, 1U, points / 2U, twiddles);
        }
        size = 2;
    }
    for (; size < points; size *= 4U) {
        for (int16_t *group = z; group < end; group += 8U * size) {
            radix_4(group, size, points / (4U * size), twiddles);
        }
    }
}
