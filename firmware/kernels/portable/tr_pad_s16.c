/* Portable padding of int16: axis by axis, whole slices of the frame at once. */
#include "tinyrob/tr_pad_s16.h"

static int16_t *fill(int16_t *out, int16_t value, uint32_t count)
{
    for (; count > 0; count--) {
        *out++ = value;
    }
    return out;
}

void tr_pad_s16(const tr_pad16 *pad, const int16_t *in, int16_t *out, void *scratch)
{
    const uint32_t *size = pad->size;
    uint32_t slice[4]; /* values of the output for one step along an axis */
    (void)scratch;
    slice[3] = 1;
    for (uint32_t axis = 3; axis > 0; axis--) {
        slice[axis - 1] = slice[axis] * (pad->before[axis] + size[axis] + pad->after[axis]);
    }
    out = fill(out, pad->value, pad->before[0] * slice[0]);
    for (uint32_t i = 0; i < size[0]; i++) {
        out = fill(out, pad->value, pad->before[1] * slice[1]);
        for (uint32_t j = 0; j < size[1]; j++) {
            out = fill(out, pad->value, pad->before[2] * slice[2]);
            for (uint32_t k = 0; k < size[2]; k++) {
                out = fill(out, pad->value, pad->before[3]);
                for (uint32_t n = size[3]; n > 0; n--) {
                    *out++ = *in++;
                }
                out = fill(out, pad->value, pad->after[3]);
            }
            out = fill(out, pad->value, pad->after[2] * slice[2]);
        }
        out = fill(out, pad->value, pad->after[1] * slice[1]);
    }
    (void)fill(out, pad->value, pad->after[0] * slice[0]);
}
