/* What would be left after a power cut, and what came first: the disk or the reply.
 *
 * Preloaded into a gateway. After each real fsync or fdatasync of a file of the ledger, the file is
 * copied to one beside it whose name ends in .synced: that, and no more, is surely on the disk. Kept
 * in memory by the kernel, everything else survives `kill -9`, and would not survive a power cut.
 *
 * SQLite syncs its log while it holds the lock of its only writer, so the copy is exactly what was
 * synced.
 *
 * SYNCED_ONLY    Only files whose path has this in it are of interest.
 * SYNCED_EVERY   Copy only after one sync in so many: a disk that lies, for a test that has to notice.
 * SYNCED_LOG     Write a line to this file for each event: the thread, then what it did:
 *                "write PATH", "sync PATH", or "send" with the first line of a reply.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define LONGEST 4096

static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_pwrite64)(int, const void *, size_t, off64_t);
static ssize_t (*real_send)(int, const void *, size_t, int);
static const char *only, *log_path;
static long every = 1, syncs;

__attribute__((constructor)) static void begin(void)
{
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_write = dlsym(RTLD_NEXT, "write");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite");
    real_pwrite64 = dlsym(RTLD_NEXT, "pwrite64");
    real_send = dlsym(RTLD_NEXT, "send");
    only = getenv("SYNCED_ONLY");
    log_path = getenv("SYNCED_LOG");
    if (getenv("SYNCED_EVERY"))
        every = atol(getenv("SYNCED_EVERY"));
}

/* The path of an open file, if it is of interest. Sockets have none that is. */
static int is_of_interest(int fd, char *path)
{
    char link[64];
    ssize_t length;

    if (!only)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    length = readlink(link, path, LONGEST - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return strstr(path, only) != NULL;
}

/* One line, in one write to the end of the file: those of several processes do not mix. */
static void tell(const char *what, const char *which, int length)
{
    char line[LONGEST + 64];
    int fd, size;

    if (!log_path)
        return;
    size = snprintf(line, sizeof line, "%ld %s %.*s\n", syscall(SYS_gettid), what, length, which);
    fd = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd >= 0) {
        (void)!real_write(fd, line, size);
        close(fd);
    }
}

static void copy_to(const char *path, const char *copy)
{
    char buffer[65536];
    ssize_t size;
    int from = open(path, O_RDONLY | O_CLOEXEC);
    int to = open(copy, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    while (from >= 0 && to >= 0 && (size = read(from, buffer, sizeof buffer)) > 0)
        if (real_write(to, buffer, size) != size)
            abort();
    close(from);
    close(to);
}

/* Keep what is synced now. A copy is whole or not there, and never older than the one before. */
static void keep(const char *path)
{
    char copy[LONGEST + 16], half[LONGEST + 16], turn[LONGEST + 16];
    int fd;

    snprintf(copy, sizeof copy, "%s.synced", path);
    snprintf(half, sizeof half, "%s.half", path);
    snprintf(turn, sizeof turn, "%s.turn", path);
    fd = open(turn, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || flock(fd, LOCK_EX))
        abort();
    copy_to(path, half);
    if (rename(half, copy))
        abort();
    close(fd);
}

static int synced(int fd, int done)
{
    char path[LONGEST];

    if (done == 0 && is_of_interest(fd, path)) {
        tell("sync", path, LONGEST);
        if (__sync_add_and_fetch(&syncs, 1) % every == 0)
            keep(path);
    }
    return done;
}

static void written(int fd)
{
    char path[LONGEST];

    if (log_path && is_of_interest(fd, path))
        tell("write", path, LONGEST);
}

int fsync(int fd)
{
    return synced(fd, real_fsync(fd));
}

int fdatasync(int fd)
{
    return synced(fd, real_fdatasync(fd));
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    written(fd);
    return real_write(fd, bytes, size);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    written(fd);
    return real_pwrite(fd, bytes, size, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at)
{
    written(fd);
    return real_pwrite64(fd, bytes, size, at);
}

ssize_t send(int fd, const void *bytes, size_t size, int flags)
{
    const char *end;

    if (log_path && size > 8 && !memcmp(bytes, "HTTP/1.1", 8)) {
        end = memchr(bytes, '\r', size);
        tell("send", bytes, end ? (int)(end - (const char *)bytes) : 8);
    }
    return real_send(fd, bytes, size, flags);
}
