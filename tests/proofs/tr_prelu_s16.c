/* Each set of axes along which the slopes repeat; in place of the values. */
#include "tinyrob/tr_prelu_s16.h"

#include "pairs16.h"

int main(void)
{
    const uint32_t size[4] = {2, 1, 3, 2};
    for (uint32_t repeats = 0; repeats < 16; repeats++) {
        const tr_prelu16 prelu = {{{2, 1, 3, 2}, 0, (uint8_t)repeats},
                                  ANY(int16_t, -127, 128),
                                  ANY(int32_t, 0, INT32_MAX),
                                  ANY(int32_t, 0, INT32_MAX),
                                  ANY(int8_t, -31, 15),
                                  ANY(int8_t, -31, 7),
                                  ANY_OUTPUT16};
        int16_t *a = any_shorts(values_of(size, 0)), *out = fresh16(values_of(size, 0));
        int8_t *b = any_bytes(values_of(size, repeats));
        tr_prelu_s16(&prelu, a, b, out, 0);
        all_written16(out, values_of(size, 0));
        tr_prelu_s16(&prelu, a, b, a, 0);
    }
    return 0;
}
