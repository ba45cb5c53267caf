/* The functions of a network's header, in any order and with any values, under the sanitizers: every
 * buffer is exactly as large as the header says. With -fsanitize=fuzzer and -DLIBFUZZER clang finds
 * sequences of its own; else: network SECONDS SEED, which prints how many were given. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tinyrob/tr_status.h"
#include "tr_model.h"

static const uint8_t *left;
static size_t bytes_left;

static uint8_t next(void)
{
    if (bytes_left == 0U) {
        return 0;
    }
    bytes_left--;
    return *left++;
}

static void fill(void *to, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        ((uint8_t *)to)[i] = next();
    }
}

static void *exactly(size_t bytes)
{
    void *const made = aligned_alloc(16, (bytes + 15U) / 16U * 16U);
    if (made == NULL) {
        abort();
    }
    return made;
}

static void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void predict(void *arena)
{
    int8_t *const input = malloc(TR_MODEL_INPUT_BYTES);
    int32_t best = -1;
    int8_t score = 0;
    fill(input, TR_MODEL_INPUT_BYTES);
    must(tr_model_predict(arena, input, &best, &score) == TR_OK);
    must(best == tr_model_argmax(arena) && best >= 0 && best < TR_MODEL_OUTPUT_BYTES);
    must(tr_model_output(arena)[best] == score);
    free(input);
}

static void convert(void)
{
    float *const real = malloc(TR_MODEL_INPUT_BYTES * sizeof(float));
    int8_t *const values = malloc(TR_MODEL_INPUT_BYTES);
    fill(real, TR_MODEL_INPUT_BYTES * sizeof(float));
    for (size_t i = 0; i < TR_MODEL_INPUT_BYTES; i++) {
        real[i] = isnan(real[i]) ? 0.0F : real[i]; /* by the header's contract */
    }
    tr_model_quantize(real, values);
    free(real);
    free(values);
}

static void convert_back(const void *arena)
{
    float *const real = malloc(TR_MODEL_OUTPUT_BYTES * sizeof(float));
    tr_model_dequantize(tr_model_output(arena), real);
    for (size_t i = 0; i < TR_MODEL_OUTPUT_BYTES; i++) {
        must(isfinite(real[i]));
    }
    free(real);
}

static void invoke(void *arena)
{
    int8_t once[TR_MODEL_OUTPUT_BYTES], input[TR_MODEL_INPUT_BYTES];
    fill(input, sizeof input);
    for (int time = 0; time < 2; time++) {
        memcpy(tr_model_input(arena), input, sizeof input);
        must(tr_model_invoke(arena, NULL) == TR_OK);
        must(time == 0 || memcmp(once, tr_model_output(arena), sizeof once) == 0);
        memcpy(once, tr_model_output(arena), sizeof once);
    }
}

static void refuse(void *arena)
{
    const uint32_t off = 1U + next() % 3U;
    must(tr_model_invoke((uint8_t *)arena + off, NULL) == TR_BAD_ARENA);
    must(tr_model_invoke(NULL, NULL) == TR_BAD_ARENA);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *const arena = exactly(TR_MODEL_GUARDED_BYTES);
    static uint32_t turn;
    left = data;
    bytes_left = size < 4096U ? size : 4096U;
    memset(arena, next(), TR_MODEL_GUARDED_BYTES);
    must(tr_model_guard(arena) == TR_OK);
    while (bytes_left > 0U) {
        switch (next() % 8U) {
        case 0:
            predict(arena);
            break;
        case 1:
            convert();
            break;
        case 2:
            convert_back(arena);
            break;
        case 3:
            invoke(arena);
            break;
        case 4:
            refuse(arena);
            break;
        case 5:
            must(tr_model_watch(&turn) == TR_OK);
            break;
        case 6:
            must(tr_model_check() == TR_OK);
            break;
        default:
            turn = next();
            break;
        }
    }
    must(tr_model_guarded(arena) == TR_OK);
    free(arena);
    return 0;
}

#ifndef LIBFUZZER

int main(int argc, char **argv)
{
    static uint8_t data[512];
    const double seconds = argc > 1 ? atof(argv[1]) : 1.0;
    const time_t end = time(NULL) + (time_t)(seconds + 0.5);
    uint64_t state = (argc > 2 ? strtoull(argv[2], NULL, 10) : 1) * 2654435761U + 1;
    unsigned long count = 0;
    while (count % 64 != 0 || time(NULL) < end) {
        for (size_t i = 0; i < sizeof data; i++) { /* xorshift64* (Vigna 2016) */
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            data[i] = (uint8_t)((state * 2685821657736338717ULL) >> 56);
        }
        LLVMFuzzerTestOneInput(data, sizeof data - (size_t)(state >> 60) * 32U);
        count++;
    }
    printf("%lu\n", count);
    return 0;
}

#endif
