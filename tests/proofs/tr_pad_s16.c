/* Each set of sides with a frame of 1 or 2, around axes of 1 and 2. */
#include "tinyrob/tr_pad_s16.h"

#include "sixteen.h"

int main(void)
{
    for (uint32_t sides = 0; sides < 256; sides++) {
        tr_pad16 pad = {{1, 2, 1, 2}, {0, 0, 0, 0}, {0, 0, 0, 0}, ANY16};
        uint32_t inputs = 1, outputs = 1;
        for (uint32_t axis = 0; axis < 4; axis++) {
            pad.before[axis] = (uint16_t)((sides >> axis & 1u) * (1 + axis % 2));
            pad.after[axis] = (uint16_t)((sides >> (4 + axis) & 1u) * (2 - axis % 2));
            inputs *= pad.size[axis];
            outputs *= pad.before[axis] + pad.size[axis] + pad.after[axis];
        }
        int16_t *out = fresh16((int32_t)outputs);
        tr_pad_s16(&pad, any_shorts((int32_t)inputs), out, 0);
        all_written16(out, (int32_t)outputs);
    }
    return 0;
}
