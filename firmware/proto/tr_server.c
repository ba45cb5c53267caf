#include "tr_server.h"

#include "tr_arena.h"
#include "tr_board.h"
#include "tr_count.h"
#include "tinyrob/tr_crc32.h"
#include "tr_frame.h"
#include "tr_image.h"
#include "tr_model.h"
#include "tr_port.h"
#include "tr_stack.h"

/* A TENSOR request's body starts with: layer u32, offset u32, length u32. */
#define RANGE_BYTES 12U
#define COUNT_BYTES 8U
#define HELLO_BYTES 48U
#define STATS_BYTES 16U
#define CHECK_BYTES 20U
#define WATCH_BYTES 4U

static uint8_t range[RANGE_BYTES];
static tr_part parts[1 + TR_MODEL_INPUTS];
static uint8_t wanted_watch[WATCH_BYTES];
static uint32_t inferences;
static uint32_t image; /* the CRC-32 of what is in flash, as the last look at it has shown */
static bool constants_wrong;
#ifdef tr_model_watch
static bool watching = TR_BOARD_WATCH;
static uint32_t turn;
#endif

static uint16_t model_tag(void)
{
    return (uint16_t)(tr_model_digest[0] | tr_model_digest[1] << 8);
}

static bool runs_the_model(uint8_t type)
{
    return type == TR_REQUEST_INFER || type == TR_REQUEST_TRACE || type == TR_REQUEST_TENSOR ||
           type == TR_REQUEST_PROFILE;
}

static tr_part input(uint32_t index)
{
    tr_part part;
#if TR_MODEL_INPUTS == 1
    (void)index;
    part.data = (uint8_t *)tr_model_input(tr_arena());
    part.bytes = TR_MODEL_INPUT_BYTES;
#else
    part.data = (uint8_t *)tr_model_input_at(tr_arena(), index);
    part.bytes = tr_model_input_bytes[index];
#endif
    return part;
}

/* The model's inputs are in the arena, so a request costs no second buffer. */
static tr_place choose(const tr_header *header)
{
    tr_place place = {.parts = parts};
    if (header->type == TR_REQUEST_WATCH) {
        parts[place.count].data = wanted_watch;
        parts[place.count].bytes = WATCH_BYTES;
        place.count++;
    }
    if (header->type == TR_REQUEST_TENSOR) {
        parts[place.count].data = range;
        parts[place.count].bytes = RANGE_BYTES;
        place.count++;
    }
    if (runs_the_model(header->type)) {
        for (uint32_t i = 0; i < TR_MODEL_INPUTS; i++) {
            parts[place.count] = input(i);
            place.count++;
        }
    }
    return place;
}

static tr_header answer_to(const tr_header *request, uint32_t length)
{
    const tr_header header = {
        .type = (uint8_t)(request->type | TR_ANSWER),
        .code = TR_CODE_OK,
        .model = model_tag(),
        .sequence = request->sequence,
        .length = length,
    };
    return header;
}

static void send_code(tr_writer *writer, const tr_header *request, uint8_t code)
{
    tr_header header = answer_to(request, 0);
    header.code = code;
    tr_frame_begin(writer, &header);
    tr_frame_end(writer);
}

static void refuse(const tr_header *request, uint8_t code)
{
    tr_writer writer;
    send_code(&writer, request, code);
}

/* Why nothing that is answered to this request could be trusted. */
static uint8_t doubt(const tr_header *request)
{
    /* Who asks what is there, or how it is, gets an answer. */
    if ((image != tr_image_sealed() || constants_wrong) && request->type != TR_REQUEST_HELLO &&
        request->type != TR_REQUEST_CHECK) {
        return TR_CODE_IMAGE_WRONG;
    }
#ifdef TR_MODEL_CAN_FAIL
    if (runs_the_model(request->type) && tr_model_failed()) {
        return TR_CODE_MODEL_FAILED;
    }
#endif
    if (!tr_arena_whole()) {
        return TR_CODE_ARENA_OVERRUN;
    }
    return tr_stack_whole() ? TR_CODE_OK : TR_CODE_STACK_OVERFLOW;
}

/* Completes an answer, whichever it is, or sends the reason instead of its end. What has gone of
 * the answer by then is a frame cut short, which no host takes for one. */
static void finish(tr_writer *writer, const tr_header *request)
{
    const uint8_t code = doubt(request);
    if (code == TR_CODE_OK) {
        tr_frame_end(writer);
    } else {
        send_code(writer, request, code);
    }
}

static void answer(const tr_header *request, const uint8_t *body, uint32_t bytes)
{
    tr_writer writer;
    const tr_header header = answer_to(request, bytes);
    tr_frame_begin(&writer, &header);
    tr_frame_body(&writer, body, bytes);
    finish(&writer, request);
}

static void hello(const tr_header *request)
{
    uint8_t body[HELLO_BYTES];
    const uint32_t numbers[] = {
        TR_PROTO_VERSION,     TR_MODEL_INPUT_BYTES, TR_MODEL_OUTPUT_BYTES, TR_MODEL_LAYERS,
        TR_MODEL_ARENA_BYTES, tr_stack_bytes(),     tr_port_counter(),     image,
    };
    for (uint32_t i = 0; i < 8U; i++) {
        tr_put_u32(body + 4U * i, numbers[i]);
    }
    for (uint32_t i = 0; i < 16U; i++) {
        body[32U + i] = tr_model_digest[i];
    }
    answer(request, body, sizeof body);
}

static void stats(const tr_header *request)
{
    uint8_t body[STATS_BYTES];
    tr_put_u32(body, tr_stack_peak());
    tr_put_u32(body + 4, tr_stack_bytes());
    tr_put_u32(body + 8, tr_port_counter());
    tr_put_u32(body + 12, inferences);
    answer(request, body, sizeof body);
}

/* What is in flash, looked at again: all of it, then the model's constants alone. */
static void check(const tr_header *request)
{
    uint8_t body[CHECK_BYTES];
    const uint32_t empty = tr_port_count_empty();
    const uint32_t slow = tr_port_slow_count();
    const uint32_t start = tr_port_count();
    image = tr_image_crc32();
    const uint32_t low = tr_port_count() - start - empty;
    const uint64_t count = tr_count_whole(low, tr_port_slow_count() - slow);
#ifdef tr_model_check
    constants_wrong = tr_model_check() != TR_OK;
#endif
    tr_put_u32(body, image);
    tr_put_u32(body + 4, tr_image_sealed());
    tr_put_u32(body + 8, constants_wrong ? 1U : 0U);
    tr_put_u64(body + 12, count);
    answer(request, body, sizeof body);
}

#ifdef tr_model_watch
static void watch(const tr_header *request)
{
    watching = tr_get_u32(wanted_watch) != 0U;
    turn = 0;
    answer(request, 0, 0U);
}

/* One layer's constants with each inference, outside of what is counted. */
static void look(void)
{
    if (watching && tr_model_watch(&turn) != TR_OK) {
        constants_wrong = true;
    }
}
#else
static void look(void) {}
#endif

static void send_outputs(tr_writer *writer)
{
#if TR_MODEL_OUTPUTS == 1
    tr_frame_body(writer, (const uint8_t *)tr_model_output(tr_arena()), TR_MODEL_OUTPUT_BYTES);
#else
    for (uint32_t i = 0; i < TR_MODEL_OUTPUTS; i++) {
        tr_frame_body(writer, (const uint8_t *)tr_model_output_at(tr_arena(), i),
                      tr_model_output_bytes[i]);
    }
#endif
}

static void send_inference(const tr_header *request, const uint8_t *count)
{
    tr_writer writer;
    const tr_header header = answer_to(request, COUNT_BYTES + TR_MODEL_OUTPUT_BYTES);
    tr_frame_begin(&writer, &header);
    tr_frame_body(&writer, count, COUNT_BYTES);
    send_outputs(&writer);
    finish(&writer, request);
}

#ifdef TR_MODEL_STATE_BYTES
static uint32_t answered; /* the sequence of the last inference: it must not happen twice */

static void reset(const tr_header *request)
{
    tr_model_reset(tr_arena());
    answered = 0;
    answer(request, 0, 0U);
}
#endif

static void infer(const tr_header *request)
{
    static uint8_t count[COUNT_BYTES];
#ifdef TR_MODEL_STATE_BYTES
    const bool again = request->sequence == answered;
    answered = request->sequence;
    if (again) {
        send_inference(request, count);
        return;
    }
#endif
    tr_port_led(false);
    const uint32_t empty = tr_port_count_empty();
    const uint32_t slow = tr_port_slow_count();
    const uint32_t start = tr_port_count();
    tr_model_invoke(tr_arena(), 0);
    const uint32_t low = tr_port_count() - start - empty;
    tr_put_u64(count, tr_count_whole(low, tr_port_slow_count() - slow));
    tr_port_led(true);
    inferences++;
    look();
    send_inference(request, count);
}

static void trace_layer(void *context, uint32_t index, const int8_t *data, uint32_t bytes)
{
    uint8_t digest[TR_CRC_BYTES];
    (void)index;
    tr_put_u32(digest, tr_crc32(0, (const uint8_t *)data, bytes));
    tr_frame_body((tr_writer *)context, digest, sizeof digest);
}

static void trace(const tr_header *request)
{
    tr_writer writer;
    const tr_observer observer = {.layer = trace_layer, .context = &writer};
    const tr_header header = answer_to(request, TR_CRC_BYTES * TR_MODEL_LAYERS);
    tr_frame_begin(&writer, &header);
    tr_model_invoke(tr_arena(), &observer);
    finish(&writer, request);
}

typedef struct tr_lap {
    tr_writer writer;
    uint32_t slow;
    uint32_t start;
    uint32_t empty;
} tr_lap;

/* Counts are sent as they come up, outside of what is counted: they need no memory. */
static void count_layer(void *context, uint32_t index, const int8_t *data, uint32_t bytes)
{
    tr_lap *lap = (tr_lap *)context;
    uint8_t count[COUNT_BYTES];
    const uint32_t low = tr_port_count() - lap->start - lap->empty;
    tr_put_u64(count, tr_count_whole(low, tr_port_slow_count() - lap->slow));
    (void)index;
    (void)data;
    (void)bytes;
    tr_frame_body(&lap->writer, count, sizeof count);
    lap->slow = tr_port_slow_count();
    lap->start = tr_port_count();
}

static void profile(const tr_header *request)
{
    tr_lap lap;
    const tr_observer observer = {.layer = count_layer, .context = &lap};
    const tr_header header = answer_to(request, COUNT_BYTES * TR_MODEL_LAYERS);
    lap.empty = tr_port_count_empty();
    tr_frame_begin(&lap.writer, &header);
    lap.slow = tr_port_slow_count();
    lap.start = tr_port_count();
    tr_model_invoke(tr_arena(), &observer);
    finish(&lap.writer, request);
}

typedef struct tr_wanted {
    tr_writer writer;
    const tr_header *request;
    uint32_t layer;
    uint32_t offset;
    uint32_t length;
    bool sent;
} tr_wanted;

/* A layer's output lives until the next layers reuse its place, so it is sent from within. */
static void send_layer(void *context, uint32_t index, const int8_t *data, uint32_t bytes)
{
    tr_wanted *wanted = (tr_wanted *)context;
    if (index != wanted->layer || wanted->offset > bytes ||
        wanted->length > bytes - wanted->offset) {
        return;
    }
    const tr_header header = answer_to(wanted->request, wanted->length);
    tr_frame_begin(&wanted->writer, &header);
    tr_frame_body(&wanted->writer, (const uint8_t *)data + wanted->offset, wanted->length);
    wanted->sent = true;
}

static void tensor(const tr_header *request)
{
    tr_wanted wanted; /* its writer is large, and needs no zeros */
    wanted.request = request;
    wanted.layer = tr_get_u32(range);
    wanted.offset = tr_get_u32(range + 4);
    wanted.length = tr_get_u32(range + 8);
    wanted.sent = false;
    const tr_observer observer = {.layer = send_layer, .context = &wanted};
    tr_model_invoke(tr_arena(), &observer);
    if (wanted.sent) {
        finish(&wanted.writer, request);
    } else {
        refuse(request, TR_CODE_BAD_RANGE);
    }
}

typedef struct tr_service {
    uint8_t type;
    uint32_t body_bytes;
    void (*run)(const tr_header *request);
} tr_service;

static const tr_service services[] = {
    {TR_REQUEST_HELLO, 0U, hello},
    {TR_REQUEST_INFER, TR_MODEL_INPUT_BYTES, infer},
    {TR_REQUEST_TRACE, TR_MODEL_INPUT_BYTES, trace},
    {TR_REQUEST_TENSOR, RANGE_BYTES + TR_MODEL_INPUT_BYTES, tensor},
    {TR_REQUEST_STATS, 0U, stats},
    {TR_REQUEST_PROFILE, TR_MODEL_INPUT_BYTES, profile},
    {TR_REQUEST_CHECK, 0U, check},
#ifdef tr_model_watch
    {TR_REQUEST_WATCH, WATCH_BYTES, watch},
#endif
#ifdef TR_MODEL_STATE_BYTES
    {TR_REQUEST_RESET, 0U, reset},
#endif
};

static void dispatch(const tr_header *request)
{
    for (uint32_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        if (services[i].type != request->type) {
            continue;
        }
        const uint8_t code = doubt(request);
        if (services[i].body_bytes != request->length) {
            refuse(request, TR_CODE_BAD_LENGTH);
        } else if (request->type != TR_REQUEST_HELLO && request->model != model_tag()) {
            refuse(request, TR_CODE_WRONG_MODEL);
        } else if (code != TR_CODE_OK) {
            refuse(request, code);
        } else {
            services[i].run(request);
        }
        return;
    }
    refuse(request, TR_CODE_UNKNOWN_REQUEST);
}

void tr_serve(void)
{
    image = tr_image_crc32();
#ifdef TR_MODEL_STATE_BYTES
    tr_model_reset(tr_arena());
#endif
    for (;;) {
        tr_header request = {0};
        const tr_read_result result = tr_frame_read(&request, choose);
        if (result == TR_READ_END) {
            return;
        }
        if (result == TR_READ_OK) {
            dispatch(&request);
        } else {
            const tr_header unknown = {0}; /* nothing in a damaged header can be trusted */
            refuse(&unknown, TR_CODE_DAMAGED);
        }
    }
}
