/* Streams of whole and damaged frames into the protocol's server and a network behind it, in this
 * process, under the sanitizers. With -fsanitize=fuzzer and -DLIBFUZZER clang finds streams of its
 * own; else: server SECONDS SEED, which prints how many streams were given. The console is here; the
 * rest of the port is the host's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tr_arena.h"
#include "tr_frame.h"
#include "tr_model.h"
#include "tr_port.h"
#include "tr_proto.h"
#include "tr_server.h"

#define STREAM_BYTES 8192U

static uint8_t stream[STREAM_BYTES];
static uint32_t stream_bytes, taken;
static bool writing; /* frames are being made: what is written is the stream */

int32_t tr_port_read(void)
{
    return taken < stream_bytes ? stream[taken++] : -1;
}

void tr_port_write(const uint8_t *data, uint32_t bytes)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < bytes; i++) {
        sum += data[i]; /* each byte of an answer is read */
        if (writing && stream_bytes < STREAM_BYTES) {
            stream[stream_bytes++] = data[i];
        }
    }
    (void)sum;
}

void tr_port_flush(void)
{
    /* nothing is held back */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool started;
    if (!started) {
        tr_arena_start();
        started = true;
    }
    if (size > STREAM_BYTES) {
        return 0;
    }
    if (data != stream) {
        memcpy(stream, data, size);
    }
    stream_bytes = (uint32_t)size;
    taken = 0;
    tr_serve();
    return 0;
}

#ifndef LIBFUZZER

static uint64_t state;

/* xorshift64* (Vigna 2016). */
static uint32_t draw(uint32_t below)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)((state * 2685821657736338717ULL) >> 32) % below;
}

static void add_frame(void)
{
    static uint8_t body[1024];
    const uint32_t right[] = {0, TR_MODEL_INPUT_BYTES, 12, 1, 4, TR_MODEL_OUTPUT_BYTES};
    tr_writer writer;
    tr_header header;
    uint32_t bytes = draw(8) == 0 ? draw(sizeof body) : right[draw(6)];
    header.type = (uint8_t)(draw(10) == 0 ? draw(256) : draw(12));
    header.code = (uint8_t)(draw(8) == 0 ? draw(256) : 0);
    header.model = (uint16_t)(tr_model_digest[0] | tr_model_digest[1] << 8);
    if (draw(10) == 0) {
        header.model = (uint16_t)draw(65536);
    }
    header.sequence = draw(3) == 0 ? draw(0xFFFFFFFFU) : draw(9);
    bytes = bytes < sizeof body ? bytes : sizeof body;
    header.length = draw(12) == 0 ? draw(0xFFFFFFFFU) : bytes;
    for (uint32_t i = 0; i < bytes; i++) {
        body[i] = (uint8_t)(draw(4) == 0 ? draw(256) : draw(3));
    }
    tr_frame_begin(&writer, &header);
    tr_frame_body(&writer, body, bytes);
    if (draw(20) == 0) {
        writer.crc ^= 1U << draw(32);
    }
    tr_frame_end(&writer);
}

static void damage(void)
{
    for (uint32_t n = 1 + draw(4); n > 0 && stream_bytes > 1; n--) {
        const uint32_t at = draw(stream_bytes), kind = draw(4);
        if (kind == 0) {
            stream[at] ^= (uint8_t)(1U << draw(8));
        } else if (kind == 1) {
            stream[at] = (uint8_t)(draw(2) ? draw(256) : 0);
        } else if (kind == 2) {
            memmove(stream + at, stream + at + 1, stream_bytes - at - 1);
            stream_bytes--;
        } else {
            stream_bytes = at + 1;
        }
    }
}

int main(int argc, char **argv)
{
    const double seconds = argc > 1 ? atof(argv[1]) : 1.0;
    const time_t end = time(NULL) + (time_t)(seconds + 0.5);
    unsigned long count = 0;
    state = argc > 2 ? strtoull(argv[2], NULL, 10) * 2654435761U + 1 : 1;
    while (count % 64 != 0 || time(NULL) < end) {
        writing = true;
        stream_bytes = 0;
        for (uint32_t n = 1 + draw(4); n > 0; n--) {
            add_frame();
        }
        writing = false;
        if (draw(2) == 0) {
            damage();
        }
        LLVMFuzzerTestOneInput(stream, stream_bytes);
        count++;
    }
    printf("%lu\n", count);
    return 0;
}

#endif
