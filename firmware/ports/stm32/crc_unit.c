/* The CRC calculation unit of the STM32s (RM0090, RM0432 and others, "CRC calculation unit").
 *
 * It divides by 0x04C11DB7, highest bit first, and begins with ones; zlib's CRC-32 is the same division
 * with each byte's lowest bit first, so words go in and out with their bits in the other order:
 * turned by the unit, or by RBIT where it cannot (STM32F4). A register with the checksum S that takes
 * the word W holds f(S ^ W): a checksum is gone on with by what it differs from ones in the first word.
 * Bytes before the first whole word and behind the last one go by software. */
#include "tr_crc_unit.h"

#include "tr_board.h"

#ifdef TR_BOARD_CRC_BASE

#include <stdbool.h>

#include "tinyrob/tr_crc32.h"
#include "tr_mmio.h"

#define DR (TR_BOARD_CRC_BASE + 0x00UL)
#define CR (TR_BOARD_CRC_BASE + 0x08UL)
#define CR_RESET (1UL << 0)
#ifdef TR_BOARD_CRC_PROGRAMMABLE
#define INIT (TR_BOARD_CRC_BASE + 0x10UL)
#define POL (TR_BOARD_CRC_BASE + 0x14UL)
#define CR_REV_IN_WORD (3UL << 5)
#define CR_REV_OUT (1UL << 7)
#define BEGIN (CR_RESET | CR_REV_IN_WORD | CR_REV_OUT)
#else
#define BEGIN CR_RESET
#endif

enum { UNKNOWN, WORKS, FAILS };

static uint32_t turned(uint32_t word)
{
#ifdef TR_BOARD_CRC_PROGRAMMABLE
    return word;
#elif defined(__ARM_ARCH_ISA_THUMB) && __ARM_ARCH_ISA_THUMB == 2
    uint32_t other;
    __asm__("rbit %0, %1" : "=r"(other) : "r"(word));
    return other;
#else
    word = (word >> 1 & 0x55555555UL) | (word & 0x55555555UL) << 1;
    word = (word >> 2 & 0x33333333UL) | (word & 0x33333333UL) << 2;
    word = (word >> 4 & 0x0F0F0F0FUL) | (word & 0x0F0F0F0FUL) << 4;
    word = (word >> 8 & 0x00FF00FFUL) | (word & 0x00FF00FFUL) << 8;
    return word >> 16 | word << 16;
#endif
}

static uint32_t word_at(const uint8_t *data)
{
    uint32_t word;
    __builtin_memcpy(&word, __builtin_assume_aligned(data, 4), 4);
    return word;
}

/* Of one word or more, at a multiple of four bytes. */
static uint32_t divided(uint32_t before, const uint8_t *data, uint32_t words)
{
#ifdef TR_BOARD_CRC_PROGRAMMABLE
    tr_mmio_write(INIT, 0xFFFFFFFFUL);
    tr_mmio_write(POL, 0x04C11DB7UL);
#endif
    tr_mmio_write(CR, BEGIN);
    tr_mmio_write(DR, turned(word_at(data) ^ before));
    for (const uint8_t *const end = data + 4U * words; (data += 4) != end;) {
        tr_mmio_write(DR, turned(word_at(data)));
    }
    return ~turned(tr_mmio_read(DR));
}

static bool works(void)
{
    static const uint32_t sample[2] = {0x00010203UL, 0x80C0E0F1UL};
    static uint8_t known = UNKNOWN;
    if (known == UNKNOWN) {
        tr_mmio_set(TR_BOARD_CRC_ENABLE_REGISTER, 1UL << TR_BOARD_CRC_ENABLE_BIT);
        (void)tr_mmio_read(TR_BOARD_CRC_ENABLE_REGISTER); /* the clock takes two cycles */
        const uint8_t *const data = (const uint8_t *)sample;
        const uint32_t right = tr_crc32(0x12345678UL, data, sizeof sample);
        known = divided(0x12345678UL, data, 2U) == right ? WORKS : FAILS;
    }
    return known == WORKS;
}

uint32_t tr_crc_unit(uint32_t before, const uint8_t *data, uint32_t bytes)
{
    const uint32_t over = (uint32_t)((uintptr_t)data % 4U);
    const uint32_t first = over == 0U ? 0U : 4U - over;
    if (bytes < first + 4U || !works()) {
        return tr_crc32(before, data, bytes);
    }
    const uint32_t words = (bytes - first) / 4U;
    uint32_t crc = tr_crc32(before, data, first);
    crc = divided(crc, data + first, words);
    return tr_crc32(crc, data + first + 4U * words, (bytes - first) % 4U);
}

#endif
