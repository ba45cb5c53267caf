/* The second stage that the RP2040's boot ROM looks for in the first 256 bytes of flash (datasheet
 * 2.8.1): it copies them to RAM, checks the CRC-32 in the last four, and jumps to the first.
 *
 * This one makes the flash readable as memory by the command that every serial flash has (03h: 24
 * address bits, then data, on one line each), and starts the program whose vectors are behind it.
 * Slower than four lines, but it needs to know nothing of the flash. */
#ifdef __arm__

__asm__(
    "    .section .boot2, \"ax\", %progbits\n"
    "    .syntax unified\n"
    "    .thumb\n"
    "tr_boot2:\n"
    "    ldr  r3, =0x18000000\n" /* XIP_SSI */
    "    movs r0, #0\n"
    "    str  r0, [r3, #0x08]\n" /* SSIENR: off while it is set up */
    "    movs r1, #4\n"
    "    str  r1, [r3, #0x14]\n" /* BAUDR: a quarter of the core's clock, even; 03h goes to 50 MHz */
    "    ldr  r1, =0x001F0300\n"
    "    str  r1, [r3, #0x00]\n" /* CTRLR0: 32 bits a frame, \"EEPROM read\": send, then receive */
    "    str  r0, [r3, #0x04]\n" /* CTRLR1: one frame */
    "    ldr  r1, =0x03000218\n"
    "    ldr  r2, =0x180000F4\n"
    "    str  r1, [r2]\n" /* SPI_CTRLR0: command 03h of 8 bits, 24 address bits, one line */
    "    movs r1, #1\n"
    "    str  r1, [r3, #0x08]\n"
    "    ldr  r0, =0x10000100\n" /* the vectors */
    "    ldr  r1, =0xE000ED08\n"
    "    str  r0, [r1]\n" /* VTOR */
    "    ldr  r1, [r0]\n"
    "    msr  msp, r1\n"
    "    ldr  r1, [r0, #4]\n"
    "    bx   r1\n"
    "    .ltorg\n"
    "    .space 252 - (. - tr_boot2)\n"
    "    .word 0x4CE4756F\n" /* the CRC, which a test holds to the bytes above */
    "    .text\n");

#endif
