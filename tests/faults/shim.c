/* Preloaded into a program: counts the calls that change something on a disk, and at the n-th kills
 * the program, or fails the call (and, of a full disk, each later one that needs room). Or counts the
 * calls that ask for much memory, and fails the n-th. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { KILL = 1, FULL = 2, BROKEN = 3, MEMORY = 4 };
enum { MUCH = 1 << 16 }; /* of less, no machine that runs this is out */

static long at;
static atomic_long seen;
static atomic_int paused;
static int how;
static void (*watch)(void);
static int watched_room;

/* Is called before each call that counts; what it does counts for nothing. Or NULL. */
void fault_watch(void (*each)(void))
{
    watch = each;
}

/* From now on; n = 0 counts only. */
void fault_arm(long n, int what)
{
    at = n;
    how = what;
    seen = 0;
}

long fault_seen(void)
{
    return seen;
}

/* While this is above 0 nothing counts: what another program would do is done here. */
void fault_pause(int more)
{
    paused += more;
}

/* Whether the call that is watched needs room on the disk. */
int fault_room(void)
{
    return watched_room;
}

/* The call that is watched fails, in this process. */
void fault_strike(void)
{
    at = seen;
    watch = NULL;
}

/* 1 where the call is to fail. `room`: it needs some. */
static int strikes(int room)
{
    if (how == 0 || how == MEMORY || paused > 0) {
        return 0;
    }
    const long number = ++seen;
    if (watch != NULL) {
        const int saved = errno;
        ++paused;
        watched_room = room;
        watch();
        --paused;
        errno = saved;
    }
    if (at == 0 || number < at) {
        return 0;
    }
    if (how == KILL) {
        kill(getpid(), SIGKILL);
    }
    if (how == FULL && room) {
        errno = ENOSPC;
        return 1;
    }
    if (how == BROKEN && number == at) {
        errno = EIO;
        return 1;
    }
    return 0;
}

static int on_disk(int fd)
{
    struct stat is;
    const int saved = errno;
    const int said = fd == STDOUT_FILENO || fd == STDERR_FILENO;
    const int regular = !said && fstat(fd, &is) == 0 && S_ISREG(is.st_mode);
    errno = saved;
    return regular;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define ON_FILE(type, name, parameters, fd, arguments)                                             \
    type name parameters                                                                           \
    {                                                                                              \
        return on_disk(fd) && strikes(1) ? -1 : REAL(name) arguments;                              \
    }
#define ON_PATH(name, room, parameters, arguments)                                                 \
    int name parameters                                                                            \
    {                                                                                              \
        return strikes(room) ? -1 : REAL(name) arguments;                                          \
    }

ON_FILE(ssize_t, write, (int fd, const void *from, size_t n), fd, (fd, from, n))
ON_FILE(ssize_t, pwrite, (int fd, const void *from, size_t n, off_t to), fd, (fd, from, n, to))
ON_FILE(ssize_t, pwrite64, (int fd, const void *from, size_t n, off64_t to), fd, (fd, from, n, to))
ON_FILE(ssize_t, writev, (int fd, const struct iovec *from, int n), fd, (fd, from, n))
ON_FILE(ssize_t, sendfile, (int fd, int in, off_t *at_, size_t n), fd, (fd, in, at_, n))
ON_FILE(ssize_t, sendfile64, (int fd, int in, off64_t *at_, size_t n), fd, (fd, in, at_, n))
ON_FILE(ssize_t, copy_file_range,
        (int in, off64_t *from, int fd, off64_t *to, size_t n, unsigned flags), fd,
        (in, from, fd, to, n, flags))
ON_FILE(int, ftruncate, (int fd, off_t n), fd, (fd, n))
ON_FILE(int, ftruncate64, (int fd, off64_t n), fd, (fd, n))
ON_FILE(int, fsync, (int fd), fd, (fd))
ON_PATH(rename, 0, (const char *from, const char *to), (from, to))
ON_PATH(renameat, 0, (int a, const char *from, int b, const char *to), (a, from, b, to))
ON_PATH(renameat2, 0, (int a, const char *from, int b, const char *to, unsigned flags),
        (a, from, b, to, flags))
ON_PATH(link, 1, (const char *from, const char *to), (from, to))
ON_PATH(symlink, 1, (const char *from, const char *to), (from, to))
ON_PATH(unlink, 0, (const char *path), (path))
ON_PATH(unlinkat, 0, (int a, const char *path, int flags), (a, path, flags))
ON_PATH(rmdir, 0, (const char *path), (path))
ON_PATH(mkdir, 1, (const char *path, mode_t mode), (path, mode))
ON_PATH(mkdirat, 1, (int a, const char *path, mode_t mode), (a, path, mode))
ON_PATH(chmod, 0, (const char *path, mode_t mode), (path, mode))
ON_PATH(fchmod, 0, (int fd, mode_t mode), (fd, mode))

/* An open that makes or empties a file. */
#define OPENS(name, leading, arguments)                                                            \
    int name leading                                                                               \
    {                                                                                              \
        mode_t mode = 0;                                                                           \
        if (flags & (O_CREAT | O_TMPFILE)) {                                                       \
            va_list rest;                                                                          \
            va_start(rest, flags);                                                                 \
            mode = va_arg(rest, mode_t);                                                           \
            va_end(rest);                                                                          \
        }                                                                                          \
        const int writes = (flags & O_ACCMODE) != O_RDONLY && (flags & (O_CREAT | O_TRUNC));       \
        return writes && strikes(1) ? -1 : REAL(name) arguments;                                   \
    }

OPENS(open, (const char *path, int flags, ...), (path, flags, mode))
OPENS(open64, (const char *path, int flags, ...), (path, flags, mode))
OPENS(openat, (int a, const char *path, int flags, ...), (a, path, flags, mode))
OPENS(openat64, (int a, const char *path, int flags, ...), (a, path, flags, mode))

/* 1 where so much memory is not to be had. */
static int starves(size_t bytes)
{
    if (how != MEMORY || bytes < MUCH || paused > 0 || ++seen != at) {
        return 0;
    }
    errno = ENOMEM;
    return 1;
}

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

void *malloc(size_t bytes)
{
    return starves(bytes) ? NULL : __libc_malloc(bytes);
}

void *calloc(size_t n, size_t bytes)
{
    return starves(bytes != 0 && n > (size_t)-1 / bytes ? 0 : n * bytes) ? NULL
                                                                         : __libc_calloc(n, bytes);
}

void *realloc(void *old, size_t bytes)
{
    return starves(bytes) ? NULL : __libc_realloc(old, bytes);
}

void *mmap(void *where, size_t bytes, int protection, int flags, int fd, off_t from)
{
    if ((flags & MAP_ANONYMOUS) && starves(bytes)) {
        return MAP_FAILED;
    }
    return (void *)syscall(SYS_mmap, where, bytes, protection, flags, fd, from);
}
