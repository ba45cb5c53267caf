#include "tr_mel_frame.h"

#include <stddef.h>

#include "tr_fft.h"
#include "tr_log2.h"

/* Samples times window, in pairs, to where the transform wants them. */
static void windowed(const tr_mel *mel, const int16_t *samples, int32_t *work)
{
    const int16_t *window = mel->window;
    const uint16_t *reversed = mel->reversed;
    for (uint32_t i = 0; i < mel->fft; i++) {
        work[i] = 0;
    }
    for (uint32_t pairs = mel->frames.frame / 2U; pairs > 0U; pairs--, samples += 2, window += 2) {
        int32_t *const to = work + 2U * *reversed++;
        to[0] = samples[0] * window[0];
        to[1] = samples[1] * window[1];
    }
}

/* Triangles of powers, and their logarithms. No sum reaches 2^63: docs/reference/features.md. */
static void band_logs(const tr_mel *mel, const int32_t *work, int16_t *logs)
{
    const uint16_t *weights = mel->weights;
    const int32_t offset = (int32_t)((uint32_t)mel->floor << 9) + mel->centre;
    for (uint32_t b = 0; b < mel->bands; b++) {
        const int32_t *power = work + 2U * mel->band[b].first;
        uint64_t sum = (uint64_t)1 << mel->floor;
        for (uint32_t bins = mel->band[b].bins; bins > 0U; bins--, power += 2) {
            const uint32_t weight = *weights++;
            sum += (uint64_t)(uint32_t)power[0] * weight;
            sum += (uint64_t)((uint32_t)power[1] * weight) << 32;
        }
        logs[b] = (int16_t)(tr_log2_q9(sum) - offset);
    }
}

/* To the nearest multiple of 2^shift, halves up. */
static int8_t rounded(int32_t x, uint32_t shift)
{
    const int32_t q = ((x >> (shift - 1U)) + 1) >> 1;
    return (int8_t)(q < -128 ? -128 : q > 127 ? 127 : q);
}

/* The same of x times a factor of 15 bits. */
static int8_t scaled(int32_t x, uint32_t factor, uint32_t shift)
{
    const int64_t q = ((((int64_t)x * (int32_t)factor) >> (shift - 1U)) + 1) >> 1;
    return (int8_t)(q < -128 ? -128 : q > 127 ? 127 : q);
}

void tr_mel_row(const tr_mel *mel, const tr_mel_memory *memory, int8_t *row)
{
    const int16_t *cosine = mel->cosines;
    for (uint32_t i = 0; i < mel->frames.width; i++) {
        int32_t sum = memory->logs[i];
        if (cosine != NULL) {
            sum = 0;
            for (uint32_t b = 0; b < mel->bands; b++) {
                sum += *cosine++ * memory->logs[b];
            }
        }
        row[i] = mel->factor == 0U ? rounded(sum, mel->shift)
                                   : scaled(sum, mel->factor, mel->shift);
    }
}

void tr_mel_frame(const tr_mel *mel, const tr_mel_memory *memory, int8_t *row)
{
    const uint32_t points = mel->fft / 2U;
    const tr_band *const last = mel->band + (mel->bands - 1U);
    windowed(mel, memory->samples, memory->work);
    tr_fft(memory->work, points, mel->twiddles);
    tr_fft_powers(memory->work, points, (uint32_t)last->first + last->bins, mel->twiddles);
    band_logs(mel, memory->work, memory->logs);
    tr_mel_row(mel, memory, row);
}
