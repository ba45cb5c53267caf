/* A stream of samples to the microfrontend's features. */
#include "tinyrob/tr_micro.h"

#include "tr_frames_push.h"
#include "tr_kiss.h"
#include "tr_micro_channel.h"

static int32_t windowed(const tr_micro *micro, const int16_t *samples, uint32_t i)
{
    return (int16_t)((samples[i] * micro->window[i]) >> 12);
}

/* How many bits the largest sample may grow by; -2^15, as its own negation, counts for nothing. */
static uint32_t headroom(const tr_micro *micro, const int16_t *samples)
{
    int32_t largest = 0;
    uint32_t shift = 15;
    for (uint32_t i = 0; i < micro->frames.frame; i++) {
        const int32_t x = windowed(micro, samples, i);
        const int32_t size = (int16_t)(x < 0 ? -x : x);
        largest = size > largest ? size : largest;
    }
    for (; largest > 0; largest >>= 1) {
        shift--;
    }
    return shift;
}

static void load(const tr_micro *micro, const int16_t *samples, uint32_t shift, int16_t *work)
{
    for (uint32_t i = 0; i < 2U * micro->points; i++) {
        work[i] = 0;
    }
    for (uint32_t i = 0; i < micro->frames.frame; i++) {
        work[2U * micro->places[i / 2U] + (i & 1U)] =
            (int16_t)((uint32_t)windowed(micro, samples, i) << shift);
    }
}

static void add(const tr_micro *micro, uint32_t k, int32_t re, int32_t im, uint64_t *sums)
{
    if (k < micro->first || k - micro->first >= micro->bins) {
        return;
    }
    const tr_micro_bin *const bin = micro->bin + (k - micro->first);
    const int32_t energy = (int32_t)((uint32_t)re * (uint32_t)re + (uint32_t)im * (uint32_t)im);
    sums[bin->channel] += (uint64_t)((int64_t)energy * bin->weight);
    sums[bin->channel + 1U] += (uint64_t)((int64_t)energy * bin->unweight);
}

/* From the transform of pairs to that of the real samples, and to the channels. */
static void sum_up(const tr_micro *micro, const int16_t *z, uint64_t *sums)
{
    for (uint32_t k = 1; k <= micro->points / 2U; k++) {
        const int16_t *const a = z + 2U * k, *const b = z + 2U * (micro->points - k);
        const int32_t fr = tr_kiss_divide(a[0], 2), fi = tr_kiss_divide(a[1], 2);
        const int32_t gr = tr_kiss_divide(b[0], 2), gi = tr_kiss_divide((int16_t)-b[1], 2);
        const int32_t er = (int16_t)(fr + gr), ei = (int16_t)(fi + gi);
        const tr_kiss_value t = tr_kiss_multiply((int16_t)(fr - gr), (int16_t)(fi - gi),
                                                 micro->super_twiddles + 2U * (k - 1U));
        if (a != b) { /* in the middle both are one bin, and the second value stays */
            add(micro, k, (er + t.re) >> 1, (ei + t.im) >> 1, sums);
        }
        add(micro, micro->points - k, (er - t.re) >> 1, (t.im - ei) >> 1, sums);
    }
}

static void make(const void *spec, const void *at, int8_t *row)
{
    const tr_micro *const micro = (const tr_micro *)spec;
    const tr_micro_memory *const memory = (const tr_micro_memory *)at;
    const uint32_t channels = micro->frames.width;
    const uint32_t shift = headroom(micro, memory->samples);
    load(micro, memory->samples, shift, memory->work);
    tr_kiss_fft(memory->work, micro->points, micro->twiddles);
    for (uint32_t i = 0; i < channels + 2U; i++) {
        memory->sums[i] = 0;
    }
    sum_up(micro, memory->work, memory->sums);
    for (uint32_t i = 0; i < channels; i++) {
        const uint32_t signal = tr_micro_root(memory->sums[i + 1U]) >> shift;
        row[i] = tr_micro_channel(micro, i, signal, memory->noise + i);
    }
}

void tr_micro_reset(const tr_micro *micro, const tr_micro_memory *memory)
{
    for (uint32_t i = 0; i < micro->frames.width; i++) {
        memory->noise[i] = 0;
    }
    for (uint32_t i = 0; i < (uint32_t)micro->frames.frames * micro->frames.width; i++) {
        memory->rows[i] = -128;
    }
    tr_frames_begin(memory->place);
}

uint32_t tr_micro_push(const tr_micro *micro, const tr_micro_memory *memory, const int16_t *samples,
                       uint32_t n)
{
    return tr_frames_push(&micro->frames, memory->place, memory->samples, memory->rows, samples, n,
                          make, micro, memory);
}

void tr_micro_input(const tr_micro *micro, const tr_micro_memory *memory, int8_t *to)
{
    tr_frames_input(&micro->frames, memory->place, memory->rows, to);
}
