/* What the RP2350's boot ROM looks for in the first 4 KB of the flash (its datasheet, "Bootrom",
 * "Minimum Arm IMAGE_DEF"): a program for the Arm core, secure, whose vectors are at its start. */
#include <stdint.h>

#define BLOCK_START 0xFFFFDED3UL
#define IMAGE_TYPE 0x42UL /* an item of one word */
#define ITEM_WORDS (1UL << 8)
#define EXECUTABLE (1UL << 16)
#define SECURE (2UL << 20)
#define ARM (0UL << 24)
#define RP2350 (1UL << 28)
#define LAST 0xFFUL /* and how many words of items there were */
#define BLOCK_END 0xAB123579UL

extern const uint32_t tr_image_def[5];
__attribute__((section(".image_def"), used)) const uint32_t tr_image_def[5] = {
    BLOCK_START,       IMAGE_TYPE | ITEM_WORDS | EXECUTABLE | SECURE | ARM | RP2350,
    LAST | ITEM_WORDS, 0, /* the next block, from this one: none */
    BLOCK_END,
};
