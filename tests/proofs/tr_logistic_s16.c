/* Every multiplier and shift; apart and in place.
 *
 * eva: -eva-use-spec tr_sigmoid16 */
#include "tinyrob/tr_logistic_s16.h"

#include "sixteen.h"

int main(void)
{
    for (int32_t shift = 0; shift <= 31; shift++) {
        const tr_curve16 layer = {5, ANY(int32_t, 0, 32767), (int8_t)shift, ANY_OUTPUT16};
        int16_t *in = any_shorts(5), *out = fresh16(5);
        tr_logistic_s16(&layer, in, out, 0);
        all_written16(out, 5);
        tr_logistic_s16(&layer, in, in, 0);
    }
    return 0;
}
