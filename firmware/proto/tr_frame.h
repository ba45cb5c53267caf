/* Frames over the port's byte stream: COBS between zero bytes, CRC-32 at the end. */
#ifndef TR_FRAME_H
#define TR_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "tr_proto.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tr_header {
    uint8_t type;
    uint8_t code;
    uint16_t model; /* the first two bytes of the model's digest; 0 names no model */
    uint32_t sequence;
    uint32_t length; /* of the body */
} tr_header;

/* Where a body is stored as it is decoded: its first bytes to the first part, and so on. What does
 * not fit is dropped; the receiver compares `length` with what it expects. */
typedef struct tr_part {
    uint8_t *data;
    uint32_t bytes;
} tr_part;

typedef struct tr_place {
    const tr_part *parts;
    uint32_t count;
} tr_place;

/* Chooses the place by the header, which is not yet checked: the place must take any bytes. */
typedef tr_place (*tr_chooser)(const tr_header *header);

typedef enum tr_read_result { TR_READ_OK, TR_READ_DAMAGED, TR_READ_END } tr_read_result;

/* Waits for a frame. TR_READ_END: the stream has ended (a port of an operating system only). */
tr_read_result tr_frame_read(tr_header *header, tr_chooser choose);

/* Writes a frame piece by piece, without holding it: begin, any number of bodies, end. */
typedef struct tr_writer {
    uint32_t crc;
    uint32_t used; /* bytes in block[1..] */
    uint8_t block[255];
} tr_writer;

void tr_frame_begin(tr_writer *writer, const tr_header *header);
void tr_frame_body(tr_writer *writer, const uint8_t *data, uint32_t bytes);
void tr_frame_end(tr_writer *writer);

/* Little-endian numbers in byte order that does not depend on the machine. */
uint32_t tr_get_u32(const uint8_t *from);
void tr_put_u32(uint8_t *to, uint32_t value);
void tr_put_u64(uint8_t *to, uint64_t value);

#ifdef __cplusplus
}
#endif

#endif
