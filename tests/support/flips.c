/* Flips single bits of this program's own code and constants, each in a child of its own: what it then
 * says of itself, compared with what it must be. flips COUNT SEED prints how many of them
 * were not seen; a child that dies is a device that says nothing, and seen. */
#define _GNU_SOURCE
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tr_image.h"

#define SEGMENTS 8

static struct {
    uintptr_t start;
    size_t bytes;
} kept[SEGMENTS];
static int count;

static int collect(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    (void)context;
    for (int i = 0; i < info->dlpi_phnum && count < SEGMENTS; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type == PT_LOAD && (part->p_flags & PF_W) == 0U) {
            kept[count].start = info->dlpi_addr + part->p_vaddr;
            kept[count].bytes = part->p_filesz;
            count++;
        }
    }
    return 1; /* the first is the program; its libraries are not its own */
}

/* Whether a child with that bit flipped says that all is well: its two numbers are compared here,
 * where nothing is flipped, as the host does, and the device's own refusal is the second of them. */
static int says_well(unsigned char *at, unsigned bit, uint32_t expected)
{
    uint32_t *said = mmap(NULL, 2 * sizeof *said, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const pid_t child = fork();
    if (child == 0) {
        const uintptr_t page = (uintptr_t)at & ~(uintptr_t)4095;
        (void)alarm(5);
        if (mprotect((void *)page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC) != 0) {
            abort();
        }
        *at = (unsigned char)(*at ^ 1U << bit);
        said[1] = tr_image_sealed();
        said[0] = tr_image_crc32();
        _exit(0);
    }
    int status = 0;
    (void)waitpid(child, &status, 0);
    const int well = said[0] == expected && said[1] == expected;
    (void)munmap(said, 2 * sizeof *said);
    return well;
}

int main(int argc, char **argv)
{
    const uint32_t expected = tr_image_sealed();
    long flips = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
    long seed = argc > 2 ? strtol(argv[2], NULL, 10) : 0;
    size_t total = 0;
    long unseen = 0;
    (void)dl_iterate_phdr(collect, NULL);
    for (int i = 0; i < count; i++) {
        total += kept[i].bytes;
    }
    if (expected == 0U || tr_image_crc32() != expected || total == 0U) {
        return 2;
    }
    srand48(seed);
    for (long i = 0; i < flips; i++) {
        size_t at = (size_t)((double)total * drand48());
        int part = 0;
        while (at >= kept[part].bytes) {
            at -= kept[part++].bytes;
        }
        unsigned char *byte = (unsigned char *)(kept[part].start + at);
        const unsigned bit = (unsigned)(8.0 * drand48());
        if (says_well(byte, bit, expected)) {
            unseen++;
            fprintf(stderr, "unseen: bit %u of %p\n", bit, (void *)byte);
        }
    }
    printf("%ld flips in %zu bytes, %ld unseen\n", flips, total, unseen);
    return unseen == 0 ? 0 : 1;
}
