/* A stream of samples to mel-frequency features. */
#include "tinyrob/tr_mel.h"

#include "tr_frames_push.h"
#include "tr_mel_frame.h"

void tr_mel_reset(const tr_mel *mel, const tr_mel_memory *memory)
{
    for (uint32_t b = 0; b < mel->bands; b++) {
        memory->logs[b] = (int16_t)-mel->centre;
    }
    for (uint32_t i = 0; i < mel->frames.frames; i++) {
        tr_mel_row(mel, memory, memory->rows + (size_t)i * mel->frames.width);
    }
    tr_frames_begin(memory->place);
}

static void make(const void *mel, const void *memory, int8_t *row)
{
    tr_mel_frame((const tr_mel *)mel, (const tr_mel_memory *)memory, row);
}

uint32_t tr_mel_push(const tr_mel *mel, const tr_mel_memory *memory, const int16_t *samples,
                     uint32_t n)
{
    return tr_frames_push(&mel->frames, memory->place, memory->samples, memory->rows, samples, n,
                          make, mel, memory);
}

void tr_mel_input(const tr_mel *mel, const tr_mel_memory *memory, int8_t *to)
{
    tr_frames_input(&mel->frames, memory->place, memory->rows, to);
}
