/* Text on the console, for whoever reads it there. */
#ifndef TR_SAY_H
#define TR_SAY_H

#include "tr_port.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A byte at a time: the C library's strlen is larger than all that is printed. */
static inline void tr_say(const char *text)
{
    for (; *text != '\0'; text++) {
        tr_port_write((const uint8_t *)text, 1U);
    }
}

/* Decimal, zeros in front where it has fewer digits than `least`, which is at most 11. */
static inline void tr_say_number(uint32_t value, uint32_t least)
{
    char digits[12];
    char *at = digits + sizeof digits - 1;
    *at = '\0';
    for (uint32_t made = 0; made < least || value > 0U; made++) {
        *--at = (char)('0' + (char)(value % 10U));
        value /= 10U;
    }
    tr_say(at);
}

static inline void tr_say_hex(const uint8_t *bytes, uint32_t count)
{
    static const char hex[] = "0123456789abcdef";
    for (uint32_t i = 0; i < count; i++) {
        const char pair[3] = {hex[bytes[i] >> 4], hex[bytes[i] & 15U], '\0'};
        tr_say(pair);
    }
}

/* A name and a CRC-32. */
static inline void tr_say_crc(const char *name, uint32_t crc)
{
    const uint8_t bytes[4] = {(uint8_t)(crc >> 24), (uint8_t)(crc >> 16), (uint8_t)(crc >> 8),
                              (uint8_t)crc};
    tr_say(name);
    tr_say_hex(bytes, 4U);
}

#ifdef __cplusplus
}
#endif

#endif
