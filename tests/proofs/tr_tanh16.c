/* Not bounded: every argument, below 0 and from 0 on.
 *
 * eva: -eva-use-spec tr_interpolate16 */
#include "tinyrob/tr_int16.h"

#include "proof.h"

int main(void)
{
    tr_tanh16(ANY(int32_t, -INT32_MAX, -1));
    tr_tanh16(ANY(int32_t, 0, INT32_MAX));
    return tr_saturate16(ANY_WORD);
}
