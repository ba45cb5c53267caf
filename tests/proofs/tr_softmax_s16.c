/* Each left shift; 1 to 3 columns, apart and in place. Tables as they are: exponentials in [0, 2^15),
 * the greatest value's at least 2^14, reciprocals in [2^14, 2^15). */
#include "tinyrob/tr_softmax_s16.h"

#include "sixteen.h"

static int16_t *table(int32_t lo, int32_t hi)
{
    int16_t *made = malloc(sizeof(int16_t) * 513u);
    for (int32_t i = 0; i < 513; i++) {
        made[i] = ANY(int16_t, lo, hi);
    }
    return made;
}

int main(void)
{
    const int16_t *exponentials = table(1 << 14, 32767), *reciprocals = table(1 << 14, 32767);
    for (int32_t shift = -31; shift <= 14; shift++) {
        for (int32_t columns = 1; columns <= 3; columns++) {
            const tr_softmax16 softmax = {1,           (uint32_t)columns, ANY(int32_t, 0, INT32_MAX),
                                          (int8_t)shift, exponentials,    reciprocals};
            int16_t *in = any_shorts(columns), *out = fresh16(columns);
            tr_softmax_s16(&softmax, in, out, 0);
            all_written16(out, columns);
            tr_softmax_s16(&softmax, in, in, 0);
        }
    }
    return 0;
}
