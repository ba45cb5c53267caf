/* Each set of sides with a frame of 1 or 2, around axes of 1 and 2. */
#include "tinyrob/tr_pad_s8.h"

#include "proof.h"

int main(void)
{
    for (uint32_t sides = 0; sides < 256; sides++) {
        tr_pad pad = {{1, 2, 1, 2}, {0, 0, 0, 0}, {0, 0, 0, 0}, ANY(int8_t, -128, 127)};
        uint32_t inputs = 1, outputs = 1;
        for (uint32_t axis = 0; axis < 4; axis++) {
            pad.before[axis] = (uint16_t)((sides >> axis & 1u) * (1 + axis % 2));
            pad.after[axis] = (uint16_t)((sides >> (4 + axis) & 1u) * (2 - axis % 2));
            inputs *= pad.size[axis];
            outputs *= pad.before[axis] + pad.size[axis] + pad.after[axis];
        }
        int8_t *out = fresh((int32_t)outputs);
        tr_pad_s8(&pad, any_bytes((int32_t)inputs), out, 0);
        all_written(out, (int32_t)outputs);
    }
    return 0;
}
