/* A web page: the model's functions for JavaScript, which reads and writes this memory itself. It is
 * compiled to WebAssembly, without a C library; what is exported is named here and nowhere else. */
#include "tr_arena.h"
#include "tr_model.h"

#ifdef TR_PAGE_SOUND
#include "tr_model_frontend.h"
#endif

#define EXPORTED(name) __attribute__((export_name(#name)))

/* JavaScript calls them. NOLINTBEGIN(misc-use-internal-linkage) */
EXPORTED(start) void tr_page_start(void);
EXPORTED(input) int8_t *tr_page_input(void);
EXPORTED(output) const int8_t *tr_page_output(void);
EXPORTED(infer) void tr_page_infer(void);
EXPORTED(whole) int32_t tr_page_whole(void);
#ifdef TR_PAGE_SOUND
EXPORTED(sound_reset) void tr_page_sound_reset(void);
EXPORTED(sound_samples) int16_t *tr_page_sound_samples(void);
EXPORTED(sound_push) uint32_t tr_page_sound_push(uint32_t n);
EXPORTED(sound_input) void tr_page_sound_input(void);
#endif
/* NOLINTEND(misc-use-internal-linkage) */

/* Called once, before everything else. */
void tr_page_start(void)
{
    tr_arena_start();
}

/* Where the input goes, as int8. An inference overwrites it. */
int8_t *tr_page_input(void)
{
    return tr_model_input(tr_arena());
}

const int8_t *tr_page_output(void)
{
    return tr_model_output(tr_arena());
}

/* One inference; of a network that keeps a state, the first of a sequence. */
void tr_page_infer(void)
{
#ifdef TR_MODEL_STATE_BYTES
    tr_model_reset(tr_arena());
#endif
    tr_model_invoke(tr_arena(), 0);
}

/* 0 once something wrote to a guard of the arena. */
int32_t tr_page_whole(void)
{
    return tr_arena_whole() ? 1 : 0;
}

#ifdef TR_PAGE_SOUND

static tr_model_frontend sound;
static int16_t samples[TR_MODEL_HOP];

/* Where a recording begins. */
void tr_page_sound_reset(void)
{
    tr_model_frontend_reset(&sound);
}

/* Where the samples go that are pushed next: at most TR_MODEL_HOP. */
int16_t *tr_page_sound_samples(void)
{
    return samples;
}

/* Takes n of them; returns how many frames they completed. */
uint32_t tr_page_sound_push(uint32_t n)
{
    return tr_model_frontend_push(&sound, samples, n);
}

/* The last frames become the input. */
void tr_page_sound_input(void)
{
    tr_model_frontend_input(&sound, tr_model_input(tr_arena()));
}

#endif
