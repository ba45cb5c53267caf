/* Runs one of several networks over stdin: driver INDEX outputs|layers. The arena is exactly as
 * large as the network says, with the address sanitizer's guards around it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct model {
    size_t arena, input, output;
    int8_t *(*in)(void *arena);
    const int8_t *(*out)(const void *arena);
    int32_t (*invoke)(void *arena, const tr_observer *observer);
    void (*start)(void *arena);
} model;

static const model models[] = {
    /* models */
};

static void write_layer(void *context, uint32_t index, const int8_t *data, uint32_t bytes)
{
    FILE *file = context;
    fwrite(&index, sizeof index, 1, file);
    fwrite(&bytes, sizeof bytes, 1, file);
    fwrite(data, 1, bytes, file);
}

int main(int argc, char **argv)
{
    const tr_observer observer = {write_layer, stdout};
    if (argc != 3) {
        return 2;
    }
    const model *m = &models[atoi(argv[1])];
    const int watch = strcmp(argv[2], "layers") == 0;
    int8_t *arena = malloc(m->arena); /* 16-byte aligned, as malloc's memory is here */
    if (arena == NULL) {
        return 2;
    }
    memset(arena, 0x55, m->arena);
    m->start(arena);
    while (fread(m->in(arena), 1, m->input, stdin) == m->input) {
        m->invoke(arena, watch ? &observer : NULL);
        if (!watch) {
            fwrite(m->out(arena), 1, m->output, stdout);
        }
    }
    free(arena);
    return 0;
}
