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

/* The file that the emulator's command line names as "`what` PATH": a handle, to be read from its
 * start; -1 where it names none, or one that cannot be read. */
int32_t tr_semihost_open(const char *what);

/* The next bytes of such a file; how many there were, fewer at its end. */
uint32_t tr_semihost_read(int32_t file, void *to, uint32_t bytes);

#ifdef __cplusplus
}
#endif

#endif
