/* For programs that nobody asks: what is in flash is what was built, or they end and say so. */
#ifndef TR_WHOLE_H
#define TR_WHOLE_H

#include "tr_board.h"
#include "tr_image.h"
#include "tr_model.h"
#include "tr_port.h"
#include "tr_say.h"

#ifdef __cplusplus
extern "C" {
#endif

static inline void tr_whole_or_end(bool whole)
{
    if (!whole) {
        tr_say("damaged: what is in flash is not what was built\n");
        tr_port_flush();
        tr_port_exit(1);
    }
}

/* At boot: all of it. */
static inline void tr_boot_whole(void)
{
    tr_whole_or_end(tr_image_crc32() == tr_image_sealed() && tr_model_check() == TR_OK);
}

/* With an inference, where the board's file says so (`tinyrob build --check watch`): one layer's
 * constants, and the next layer's the next time. */
static inline void tr_watch_whole(void)
{
#if TR_BOARD_WATCH
    static uint32_t turn;
    tr_whole_or_end(tr_model_watch(&turn) == TR_OK);
#endif
}

#ifdef __cplusplus
}
#endif

#endif
