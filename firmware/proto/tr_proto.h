/* The framed protocol's numbers; README.md beside this file says what they mean.
 * toolchain/tinyrob/run/protocol.py holds the same ones, and a test compares the two. */
#ifndef TR_PROTO_H
#define TR_PROTO_H

#define TR_PROTO_VERSION 3U

/* Header: type u8, code u8, model u16, sequence u32, length u32; all little-endian. */
#define TR_HEADER_BYTES 12U
#define TR_CRC_BYTES 4U

/* Requests. An answer has the type of its request plus TR_ANSWER. */
#define TR_REQUEST_HELLO 0x01U
#define TR_REQUEST_INFER 0x02U
#define TR_REQUEST_TRACE 0x03U
#define TR_REQUEST_TENSOR 0x04U
#define TR_REQUEST_STATS 0x05U
#define TR_REQUEST_PROFILE 0x06U
#define TR_REQUEST_RESET 0x07U
#define TR_REQUEST_CHECK 0x08U
#define TR_REQUEST_WATCH 0x09U
#define TR_ANSWER 0x80U

/* Codes of answers. */
#define TR_CODE_OK 0U
#define TR_CODE_DAMAGED 1U /* checksum or length wrong; sequence unknown, sent as 0 */
#define TR_CODE_UNKNOWN_REQUEST 2U
#define TR_CODE_BAD_LENGTH 3U     /* the body is not as long as this request's must be */
#define TR_CODE_WRONG_MODEL 4U    /* the header names another model */
#define TR_CODE_BAD_RANGE 5U      /* no such layer, or bytes beyond its end */
#define TR_CODE_ARENA_OVERRUN 6U  /* something wrote beyond the arena */
#define TR_CODE_STACK_OVERFLOW 7U /* the stack reached its last words */
#define TR_CODE_MODEL_FAILED 8U   /* an interpreter does not run: its arena is too small */
#define TR_CODE_IMAGE_WRONG 9U    /* what is in flash is not what was built */

/* What the count in an answer counts. */
#define TR_COUNTER_NONE 0
#define TR_COUNTER_INSTRUCTIONS 1
#define TR_COUNTER_CYCLES 2

#endif
