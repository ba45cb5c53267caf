/* CRC-32 by the part's own unit, where the board file has one. */
#ifndef TR_CRC_UNIT_H
#define TR_CRC_UNIT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What tr_crc32 gives, by hardware. The first call gives the unit its clock and asks it for a checksum
 * that is known: a unit that does not answer as it should is not used. */
uint32_t tr_crc_unit(uint32_t before, const uint8_t *data, uint32_t bytes);

#ifdef __cplusplus
}
#endif

#endif
