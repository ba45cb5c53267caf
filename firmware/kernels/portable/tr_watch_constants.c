#include "tinyrob/tr_constants.h"

#include "tinyrob/tr_crc32.h"
#include "tinyrob/tr_status.h"

static uint32_t crc32_of(const tr_constant *constant)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    uint32_t crc = 0;
    for (uint32_t i = 0; i < constant->bytes; i++) {
        const uint8_t byte = tr_constant_byte(constant, i);
        crc = tr_crc32(crc, &byte, 1U);
    }
    return crc;
#else
    return TR_FLASH_CRC32(0U, (const uint8_t *)constant->data, constant->bytes);
#endif
}

int32_t tr_watch_constants(const tr_constant *constants, uint32_t count, uint32_t *turn)
{
    uint32_t at = *turn < count ? *turn : 0U;
    int32_t status = TR_OK;
    uint32_t more = count > 0U ? 1U : 0U;
    while (more != 0U) {
        if (crc32_of(&constants[at]) != constants[at].crc32) {
            status = TR_WRONG_DIGEST;
        }
        more = constants[at].more;
        at++;
        if (at >= count) {
            at = 0;
            more = 0;
        }
    }
    *turn = at;
    return status;
}
