#include "tinyrob/tr_constants.h"

/* FIPS 180-4, sections 4.1.2, 4.2.2, 5 and 6.2. It is slow: for whoever must show which weights
 * there are. For whoever must notice a flipped bit there is CRC-32. */
static const uint32_t round_constants[64] = {
    0x428a2f98UL, 0x71374491UL, 0xb5c0fbcfUL, 0xe9b5dba5UL, 0x3956c25bUL, 0x59f111f1UL,
    0x923f82a4UL, 0xab1c5ed5UL, 0xd807aa98UL, 0x12835b01UL, 0x243185beUL, 0x550c7dc3UL,
    0x72be5d74UL, 0x80deb1feUL, 0x9bdc06a7UL, 0xc19bf174UL, 0xe49b69c1UL, 0xefbe4786UL,
    0x0fc19dc6UL, 0x240ca1ccUL, 0x2de92c6fUL, 0x4a7484aaUL, 0x5cb0a9dcUL, 0x76f988daUL,
    0x983e5152UL, 0xa831c66dUL, 0xb00327c8UL, 0xbf597fc7UL, 0xc6e00bf3UL, 0xd5a79147UL,
    0x06ca6351UL, 0x14292967UL, 0x27b70a85UL, 0x2e1b2138UL, 0x4d2c6dfcUL, 0x53380d13UL,
    0x650a7354UL, 0x766a0abbUL, 0x81c2c92eUL, 0x92722c85UL, 0xa2bfe8a1UL, 0xa81a664bUL,
    0xc24b8b70UL, 0xc76c51a3UL, 0xd192e819UL, 0xd6990624UL, 0xf40e3585UL, 0x106aa070UL,
    0x19a4c116UL, 0x1e376c08UL, 0x2748774cUL, 0x34b0bcb5UL, 0x391c0cb3UL, 0x4ed8aa4aUL,
    0x5b9cca4fUL, 0x682e6ff3UL, 0x748f82eeUL, 0x78a5636fUL, 0x84c87814UL, 0x8cc70208UL,
    0x90befffaUL, 0xa4506cebUL, 0xbef9a3f7UL, 0xc67178f2UL,
};

typedef struct hash {
    uint32_t state[8];
    uint8_t block[64];
    uint32_t filled;
} hash;

static uint32_t turned(uint32_t value, uint32_t bits)
{
    return (value >> bits) | (value << (32U - bits));
}

static void compress(hash *h)
{
    uint32_t w[64];
    uint32_t s[8];
    for (uint32_t i = 0; i < 16U; i++) {
        const uint8_t *at = &h->block[4U * i];
        w[i] = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    }
    for (uint32_t i = 16; i < 64U; i++) {
        const uint32_t a = turned(w[i - 15U], 7) ^ turned(w[i - 15U], 18) ^ (w[i - 15U] >> 3);
        const uint32_t b = turned(w[i - 2U], 17) ^ turned(w[i - 2U], 19) ^ (w[i - 2U] >> 10);
        w[i] = w[i - 16U] + a + w[i - 7U] + b;
    }
    for (uint32_t i = 0; i < 8U; i++) {
        s[i] = h->state[i];
    }
    for (uint32_t i = 0; i < 64U; i++) {
        const uint32_t e = turned(s[4], 6) ^ turned(s[4], 11) ^ turned(s[4], 25);
        const uint32_t choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
        const uint32_t first = s[7] + e + choice + round_constants[i] + w[i];
        const uint32_t a = turned(s[0], 2) ^ turned(s[0], 13) ^ turned(s[0], 22);
        const uint32_t majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
        for (uint32_t k = 7; k > 0U; k--) {
            s[k] = s[k - 1U];
        }
        s[4] += first;
        s[0] = first + a + majority;
    }
    for (uint32_t i = 0; i < 8U; i++) {
        h->state[i] += s[i];
    }
    h->filled = 0;
}

static void add(hash *h, uint8_t byte)
{
    h->block[h->filled++] = byte;
    if (h->filled == 64U) {
        compress(h);
    }
}

void tr_sha256_constants(const tr_constant *constants, uint32_t count, uint8_t digest[32])
{
    hash h = {{0x6a09e667UL, 0xbb67ae85UL, 0x3c6ef372UL, 0xa54ff53aUL, 0x510e527fUL, 0x9b05688cUL,
               0x1f83d9abUL, 0x5be0cd19UL},
              {0},
              0};
    uint64_t bits = 0;
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < constants[i].bytes; k++) {
            add(&h, tr_constant_byte(&constants[i], k));
        }
        bits += 8ULL * constants[i].bytes;
    }
    add(&h, 0x80U);
    while (h.filled != 56U) {
        add(&h, 0U);
    }
    for (uint32_t i = 0; i < 8U; i++) {
        add(&h, (uint8_t)(bits >> (56U - 8U * i) & 0xFFU));
    }
    for (uint32_t i = 0; i < 32U; i++) {
        digest[i] = (uint8_t)(h.state[i / 4U] >> (24U - 8U * (i % 4U)) & 0xFFU);
    }
}
