/* with: tr_crc32.c tr_watch_constants.c */
#include "constants.h"

static void run(const tr_constant *constants, uint32_t count)
{
    const int32_t status = tr_check_constants(constants, count);
    /*@ assert -3 <= status <= 0; */
}

int main(void)
{
    each_constants(run);
    return 0;
}
