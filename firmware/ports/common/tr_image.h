/* What is kept in flash (code, constants, first values), and what it was when it was built. */
#ifndef TR_IMAGE_H
#define TR_IMAGE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The CRC-32 of all of it as it is now; 0 where nobody has sealed the program (seal.py). Whoever is
 * told it compares it himself: then no bit of this code can say that all is well. */
uint32_t tr_image_crc32(void);

/* What it must be; 0 where it is not known. */
uint32_t tr_image_sealed(void);

#ifdef __cplusplus
}
#endif

#endif
