/* Frames on standard input (a format's number, width and height as uint32, then the bytes); the network's
 * input of each, made at once and again row by row, on standard output. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tr_model_picture.h"

typedef void (*at_once)(tr_model_picture *, const void *, uint32_t, uint32_t, int8_t *);
typedef bool (*by_row)(tr_model_picture *, const void *, int8_t *);

int main(void)
{
    static const at_once whole[] = {tr_model_from_rgb565, tr_model_from_rgb565_be,
                                    tr_model_from_rgb888, tr_model_from_yuv422,
                                    tr_model_from_gray8};
    static const by_row rows[] = {tr_model_row_from_rgb565, tr_model_row_from_rgb565_be,
                                  tr_model_row_from_rgb888, tr_model_row_from_yuv422,
                                  tr_model_row_from_gray8};
    static const uint32_t bytes[] = {2, 2, 3, 2, 1};
    uint32_t head[3];
    while (fread(head, sizeof head, 1, stdin) == 1) {
        const uint32_t line = bytes[head[0]] * head[1];
        uint8_t *frame = malloc((size_t)line * head[2]), *row = malloc(line);
        int8_t *once = calloc(1, INPUT_BYTES), *again = calloc(1, INPUT_BYTES);
        tr_model_picture *state = malloc(sizeof *state);
        bool done = false;
        if (frame == NULL || row == NULL || once == NULL || again == NULL || state == NULL ||
            fread(frame, line, head[2], stdin) != head[2]) {
            return 1;
        }
        whole[head[0]](state, frame, head[1], head[2], once);
        tr_model_picture_begin(state, head[1], head[2]);
        for (uint32_t y = 0; y < head[2] && !done; y++) {
            memcpy(row, frame + (size_t)line * y, line);
            done = rows[head[0]](state, row, again);
        }
        if (!done || memcmp(once, again, INPUT_BYTES) != 0) {
            return 2;
        }
        (void)fwrite(once, INPUT_BYTES, 1, stdout);
        free(frame), free(row), free(once), free(again), free(state);
    }
    return 0;
}
