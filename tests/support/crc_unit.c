/* The CRC calculation unit as the manuals draw it, bit by bit, under the ports' driver.
 * Arguments, decimal: 1 for a unit that answers with nonsense, else 0; then, for each case, before,
 * skipped bytes of the buffer, bytes. Standard input: the buffer. It prints a line for each case: the
 * checksum, and the words that the unit took. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tr_board.h"
#include "tr_crc_unit.h"
#include "tr_mmio.h"
#include "tr_semihost.h"

static uint32_t state, cr, words, clocked, deaf;
static uint32_t init = 0xFFFFFFFFU, pol = 0x04C11DB7U;

static uint32_t turned(uint32_t value, uint32_t within)
{
    uint32_t made = 0;
    for (uint32_t i = 0; i < 32U; i++) {
        const uint32_t to = i / within * within + within - 1U - i % within;
        made |= (value >> i & 1U) << to;
    }
    return made;
}

uint32_t tr_mmio_read(uint32_t address)
{
    if (address == TR_BOARD_CRC_ENABLE_REGISTER) {
        return clocked << TR_BOARD_CRC_ENABLE_BIT;
    }
    if (address != TR_BOARD_CRC_BASE || clocked == 0U) {
        return 0;
    }
    return (cr & 0x80U ? turned(state, 32) : state) ^ deaf;
}

void tr_mmio_write(uint32_t address, uint32_t value)
{
    if (address == TR_BOARD_CRC_ENABLE_REGISTER) {
        clocked = value >> TR_BOARD_CRC_ENABLE_BIT & 1U;
    }
    if (clocked == 0U) {
        return;
    }
    switch (address - TR_BOARD_CRC_BASE) {
    case 0x00: {
        static const uint32_t within[4] = {1, 8, 16, 32};
        state ^= turned(value, within[cr >> 5 & 3U]);
        for (int i = 0; i < 32; i++) {
            state = state << 1 ^ (state >> 31 ? pol : 0U);
        }
        words++;
        break;
    }
    case 0x08:
#ifdef TR_BOARD_CRC_PROGRAMMABLE
        cr = value & ~1U;
#endif
        state = value & 1U ? init : state;
        break;
#ifdef TR_BOARD_CRC_PROGRAMMABLE
    case 0x10:
        init = value;
        break;
    case 0x14:
        pol = value;
        break;
#endif
    default:
        break;
    }
}

void tr_semihost_exit(int32_t code)
{
    exit(code);
}

int main(int arguments, char **argument)
{
    static _Alignas(4) uint8_t buffer[4096];
    const size_t filled = fread(buffer, 1, sizeof buffer, stdin);
    deaf = strtoul(argument[1], NULL, 10) != 0U ? 0x00010000U : 0U;
#ifdef TR_BOARD_CRC_PROGRAMMABLE
    init = 7; /* as a boot loader has left it */
    pol = 0x1021;
    cr = 0x38;
#endif
    (void)tr_crc_unit(0, buffer, 4); /* the first call tries the unit, too */
    for (int i = 2; i + 2 < arguments; i += 3) {
        const uint32_t before = (uint32_t)strtoul(argument[i], NULL, 10);
        const size_t skipped = strtoul(argument[i + 1], NULL, 10);
        const size_t bytes = strtoul(argument[i + 2], NULL, 10);
        if (skipped + bytes > filled) {
            return 1;
        }
        words = 0;
        const uint32_t crc = tr_crc_unit(before, buffer + skipped, (uint32_t)bytes);
        printf("%" PRIu32 " %" PRIu32 "\n", crc, words);
    }
    return 0;
}
