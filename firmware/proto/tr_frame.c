#include "tr_frame.h"

#include "tinyrob/tr_crc32.h"
#include "tr_port.h"

#define BLOCK_BYTES 254U

uint32_t tr_get_u32(const uint8_t *from)
{
    return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 |
           (uint32_t)from[3] << 24;
}

void tr_put_u32(uint8_t *to, uint32_t value)
{
    for (uint32_t i = 0; i < 4U; i++) {
        to[i] = (uint8_t)(value >> (8U * i) & 0xFFU);
    }
}

void tr_put_u64(uint8_t *to, uint64_t value)
{
    tr_put_u32(to, (uint32_t)(value & 0xFFFFFFFFU));
    tr_put_u32(to + 4, (uint32_t)(value >> 32));
}

/* ---- reading ---- */

typedef struct tr_reader {
    tr_header *header;
    tr_chooser choose;
    tr_place place;
    uint32_t part;  /* of the place, that is being filled */
    uint32_t taken; /* bytes of it */
    uint8_t raw[TR_HEADER_BYTES];
    uint32_t bytes; /* decoded so far */
    uint32_t crc;
} tr_reader;

static void unpack_header(tr_reader *reader)
{
    const uint8_t *raw = reader->raw;
    reader->header->type = raw[0];
    reader->header->code = raw[1];
    reader->header->model = (uint16_t)(raw[2] | raw[3] << 8);
    reader->header->sequence = tr_get_u32(raw + 4);
    reader->header->length = tr_get_u32(raw + 8);
    reader->place = reader->choose(reader->header);
}

static void store(tr_reader *reader, uint8_t byte)
{
    const tr_place *place = &reader->place;
    while (reader->part < place->count && reader->taken == place->parts[reader->part].bytes) {
        reader->part++;
        reader->taken = 0;
    }
    if (reader->part < place->count) {
        place->parts[reader->part].data[reader->taken] = byte;
        reader->taken++;
    }
}

static void take(tr_reader *reader, uint8_t byte)
{
    const uint32_t index = reader->bytes++;
    reader->crc = tr_crc32(reader->crc, &byte, 1U);
    if (index < TR_HEADER_BYTES) {
        reader->raw[index] = byte;
        if (index == TR_HEADER_BYTES - 1U) {
            unpack_header(reader);
        }
        return;
    }
    if (index - TR_HEADER_BYTES >= reader->header->length) {
        return; /* the checksum */
    }
    store(reader, byte);
}

tr_read_result tr_frame_read(tr_header *header, tr_chooser choose)
{
    tr_reader reader = {.header = header, .choose = choose};
    uint32_t left = 0; /* bytes until the next code byte */
    bool zero = false; /* a zero stands between this block and the next */
    bool empty = true;
    for (;;) {
        const int32_t got = tr_port_read();
        if (got < 0) {
            return TR_READ_END;
        }
        const uint8_t byte = (uint8_t)got;
        if (byte == 0U) {
            if (empty) {
                continue; /* zeros between frames */
            }
            const uint32_t frame = TR_HEADER_BYTES + TR_CRC_BYTES;
            const bool whole = left == 0U && reader.bytes >= frame &&
                               reader.bytes - frame == header->length &&
                               reader.crc == TR_CRC32_RESIDUE;
            return whole ? TR_READ_OK : TR_READ_DAMAGED;
        }
        empty = false;
        if (left > 0U) {
            take(&reader, byte);
            left--;
            continue;
        }
        if (zero) {
            take(&reader, 0U);
        }
        left = byte - 1U;
        zero = byte != 255U;
    }
}

/* ---- writing ---- */

static void flush(tr_writer *writer)
{
    writer->block[0] = (uint8_t)(writer->used + 1U);
    tr_port_write(writer->block, writer->used + 1U);
    writer->used = 0;
}

static void put(tr_writer *writer, const uint8_t *data, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++) {
        if (data[i] == 0U) {
            flush(writer);
            continue;
        }
        writer->block[1U + writer->used] = data[i];
        writer->used++;
        if (writer->used == BLOCK_BYTES) {
            flush(writer);
        }
    }
}

void tr_frame_begin(tr_writer *writer, const tr_header *header)
{
    static const uint8_t delimiter = 0;
    uint8_t raw[TR_HEADER_BYTES];
    raw[0] = header->type;
    raw[1] = header->code;
    raw[2] = (uint8_t)(header->model & 0xFFU);
    raw[3] = (uint8_t)(header->model >> 8);
    tr_put_u32(raw + 4, header->sequence);
    tr_put_u32(raw + 8, header->length);
    writer->crc = 0;
    writer->used = 0;
    tr_port_write(&delimiter, 1U); /* parts this frame from whatever noise came before it */
    tr_frame_body(writer, raw, sizeof raw);
}

void tr_frame_body(tr_writer *writer, const uint8_t *data, uint32_t bytes)
{
    writer->crc = tr_crc32(writer->crc, data, bytes);
    put(writer, data, bytes);
}

void tr_frame_end(tr_writer *writer)
{
    static const uint8_t delimiter = 0;
    uint8_t raw[TR_CRC_BYTES];
    tr_put_u32(raw, writer->crc);
    put(writer, raw, sizeof raw);
    flush(writer);
    tr_port_write(&delimiter, 1U);
    tr_port_flush();
}
