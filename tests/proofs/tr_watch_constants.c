/* From any turn, also one that is none.
 *
 * with: tr_crc32.c */
#include "constants.h"

static void run(const tr_constant *constants, uint32_t count)
{
    for (uint32_t first = 0; first <= 4; first++) {
        uint32_t turn = first;
        const int32_t status = tr_watch_constants(constants, count, &turn);
        /*@ assert -3 <= status <= 0; */
        /*@ assert turn <= count; */
    }
}

int main(void)
{
    each_constants(run);
    return 0;
}
