/* Messages and exit codes to an emulator. Without one these do nothing: a breakpoint that no
 * debugger takes would stop the part. */
#ifndef TR_SEMIHOST_H
#define TR_SEMIHOST_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

void tr_semihost_print(const char *text);
void tr_semihost_exit(int32_t code);

#ifdef __cplusplus
}
#endif

#endif
