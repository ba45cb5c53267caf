#include "tr_image.h"

#include "tinyrob/tr_crc32.h"

#define RANGES 8U

/* seal.py fills it in once the program is linked: so it is read as volatile, and no compiler takes it
 * for zeros. The CRC-32 is of all before it here, and then of the ranges' bytes. */
typedef struct tr_seal {
    uint32_t count;
    struct {
        uint32_t start;
        uint32_t bytes;
    } range[RANGES];
    uint32_t crc32;
} tr_seal;

#if defined(__ELF__)
__attribute__((section(".seal"), used))
#endif
static const tr_seal table_of_zeros = {0};

static const volatile tr_seal *const sealed = &table_of_zeros;

uint32_t tr_image_sealed(void)
{
    return sealed->crc32;
}

uint32_t tr_image_crc32(void)
{
    tr_seal table = {0};
    table.count = sealed->count;
    if (table.count == 0U && sealed->crc32 == 0U) {
        return 0;
    }
    for (uint32_t i = 0; i < RANGES; i++) {
        table.range[i].start = sealed->range[i].start;
        table.range[i].bytes = sealed->range[i].bytes;
    }
    uint32_t crc = tr_crc32(0U, (const uint8_t *)&table, sizeof table - sizeof table.crc32);
    for (uint32_t i = 0; i < table.count && i < RANGES; i++) {
        const uintptr_t start = table.range[i].start;
        crc = TR_FLASH_CRC32(crc, (const uint8_t *)start, table.range[i].bytes);
    }
    return crc == 0U ? 0xFFFFFFFFUL : crc;
}
