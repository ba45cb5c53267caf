#include "tinyrob/tr_constants.h"

#include "tinyrob/tr_status.h"

/* Layer by layer: what is looked at is the same whether all of it is asked for or one. */
int32_t tr_check_constants(const tr_constant *constants, uint32_t count)
{
    uint32_t turn = 0;
    int32_t status = TR_OK;
    while (turn < count && status == TR_OK) {
        status = tr_watch_constants(constants, count, &turn);
        if (turn == 0U) {
            break;
        }
    }
    return status;
}
