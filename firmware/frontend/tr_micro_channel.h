/* A channel of the microfrontend: from the sum of its energies to int8. */
#ifndef TINYROB_TR_MICRO_CHANNEL_H
#define TINYROB_TR_MICRO_CHANNEL_H

#include "tinyrob/tr_micro.h"

#ifdef __cplusplus
extern "C" {
#endif

/* To nearest; but 2^16 - 1, as a root of 32 bits, is never rounded up. */
uint32_t tr_micro_root(uint64_t x);

/* signal: an amplitude; noise: its channel's estimate, which follows. */
int8_t tr_micro_channel(const tr_micro *micro, uint32_t channel, uint32_t signal, uint32_t *noise);

#ifdef __cplusplus
}
#endif

#endif
