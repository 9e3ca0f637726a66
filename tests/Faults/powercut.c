/*
 * powercut: preloaded into a program under test, it writes down every change the program makes below one folder, and can
 * kill the program at a chosen change. From what was written down, PowerCut.cs builds the folder as a disk would hold it
 * after a power cut.
 *
 *   POWERCUT_ROOT   the folder, which exists
 *   POWERCUT_LOG    where to write; outside the folder
 *   POWERCUT_AT     optional: the number of the call, from 1, at which to strike
 *   POWERCUT_HOW    before | after | torn: die before it, after it, or with part of a write done (other calls: before);
 *                   eio | enospc: the call fails and changes nothing; with enospc so does every later one that takes space
 *
 * Counted are the calls that change or sync something below the folder. A call and its record in the log are one step
 * under one lock, so the log has the order in which things happened; it lies in the page cache and outlives a SIGKILL. A
 * call is recorded when it is done: if something else kills the process in between, the log looks as if it had died just
 * before. What is printed on standard output is recorded too, so that a reader knows what was promised before each call.
 * fsync and its like are recorded and not executed: here the log says what is durable, and tests stay quick.
 *
 * Only the process that was started is watched, not those it starts. Not seen: stdio, which inside libc calls nothing that
 * can be intercepted (opening a stream for writing is reported), io_uring and bare syscall() (the reader compares the log's
 * end with the real folder and notices). Not modelled: shared writable mappings, symbolic links, owners, times, attributes
 * and modes set after creation. sendfile, copy_file_range and clones into the folder are refused, and callers fall back to
 * writing. What is not supported ends up as a record of its own, on which the reader refuses to go on.
 *
 * It calls the kernel directly and allocates nothing, so it may be entered from anywhere, even before it is initialised.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define SAME(name, as) extern __typeof__(as) name __attribute__((alias(#as))) /* as on every 64-bit system */
#define ARGUMENT(type, last) ({ va_list list; va_start(list, last); type value = va_arg(list, type); va_end(list); value; })
#define NEXT(name) static __typeof__(name) *next; if (!next) next = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)
#define MAX_FD 65536

/* As PowerCut's reader expects it: little endian, then both paths (relative to the folder), then data up to size. */
struct record {
    uint32_t size;
    uint16_t path, path2;
    uint32_t kind, mode;
    int64_t call; /* 0: not counted */
    uint64_t inode;
    int64_t offset, length;
};

enum watched { NOTHING, FILE_BELOW, FOLDER_BELOW, OUTPUT };
enum strike { BEFORE, AFTER, TORN, FAIL, FULL };

static struct { uint64_t device, inode; uint8_t kind, append; } open_files[MAX_FD];
static char root[PATH_MAX];
static size_t root_length; /* 0: not active */
static pid_t owner;
static int log_fd = -1;
static long calls, strike_at;
static enum strike strike_how;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int active(void) { return root_length && getpid() == owner; }
static int watched(int fd) { return fd >= 0 && fd < MAX_FD && open_files[fd].kind != NOTHING && active() ? open_files[fd].kind : NOTHING; }
static int below_root(int fd) { return watched(fd) == FILE_BELOW || watched(fd) == FOLDER_BELOW; }

/* ---- one step: signals blocked, so that no handler finds the lock held by its own thread ---- */

struct step { sigset_t mask; int error; };

static void begin(struct step *step) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &step->mask);
    pthread_mutex_lock(&lock);
    step->error = errno;
}

static void end(struct step *step) {
    pthread_mutex_unlock(&lock);
    pthread_sigmask(SIG_SETMASK, &step->mask, NULL);
    errno = step->error;
}

static void complain(const char *what, const char *where) {
    char line[PATH_MAX + 128];
    int length = snprintf(line, sizeof line, "powercut: %s: %s\n", what, where);
    syscall(SYS_write, 2, line, length < (int)sizeof line ? length : (int)sizeof line - 1);
}

static void append(const void *bytes, size_t length) {
    for (const char *at = bytes; length > 0;) {
        ssize_t written = syscall(SYS_write, log_fd, at, length);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) complain("can't write the log", strerror(errno)), _exit(97);
        at += written;
        length -= (size_t)written;
    }
}

/* In a step. The last length bytes of data may come in several pieces. */
static void put(struct record record, const char *path, const char *path2, const struct iovec *data, size_t length) {
    record.path = path ? (uint16_t)strlen(path) : 0;
    record.path2 = path2 ? (uint16_t)strlen(path2) : 0;
    record.size = (uint32_t)(sizeof record + record.path + record.path2 + length);
    append(&record, sizeof record);
    if (path) append(path, record.path);
    if (path2) append(path2, record.path2);
    for (; length > 0; data++) {
        size_t piece = data->iov_len < length ? data->iov_len : length;
        append(data->iov_base, piece);
        length -= piece;
    }
}

static void put_unsupported(const char *what, const char *where) {
    complain(what, where);
    struct iovec text = { (void *)what, strlen(what) };
    put((struct record){ .kind = 'X' }, where, NULL, &text, text.iov_len);
}

static void unsupported(const char *what, const char *where) {
    struct step step;
    begin(&step), put_unsupported(what, where), end(&step);
}

static void die(long call) {
    put((struct record){ .kind = 'K', .call = call }, NULL, NULL, NULL, 0);
    for (;;) {
        syscall(SYS_kill, owner, SIGKILL);
        syscall(SYS_sched_yield);
    }
}

enum nature { PLAIN, GROWS, WRITES };

/* Counts a call; may not return. A negative answer is the error with which the call must fail. */
static long arrive(enum nature nature, struct step *step) {
    long call = ++calls;
    int error = 0;
    if (call == strike_at && (strike_how == BEFORE || (strike_how == TORN && nature != WRITES))) die(call);
    if (call == strike_at && strike_how == FAIL) error = EIO;
    if (strike_at && call >= strike_at && strike_how == FULL && nature != PLAIN) error = ENOSPC;
    if (!error) return call;
    put((struct record){ .kind = 'N', .call = call }, NULL, NULL, NULL, 0);
    step->error = error;
    return -1;
}

static int torn(long call) { return call == strike_at && strike_how == TORN; }

/* The call is done: records it, or that it failed. */
static void depart(struct record record, long result, struct step *step, const char *path, const char *path2, const struct iovec *data) {
    if (result < 0) {
        step->error = errno;
        record.kind = 'N';
        path = path2 = NULL;
    }
    put(record, path, path2, data, record.kind == 'W' ? (size_t)result : 0);
    if (record.call == strike_at && (strike_how == AFTER || strike_how == TORN)) die(record.call);
}

/* ---- where things are ---- */

static int below(const char *path) {
    return strncmp(path, root, root_length) == 0 && (path[root_length] == '\0' || path[root_length] == '/');
}

/* The path of an open file as the kernel knows it, relative to the root; NULL outside of it. */
static const char *path_of(int fd, char *buffer) {
    char link[32];
    int error = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, buffer, PATH_MAX - 1);
    errno = error;
    if (length <= 0) return NULL;
    buffer[length] = '\0';
    if (!below(buffer)) return NULL;
    return buffer[root_length] ? buffer + root_length + 1 : buffer + root_length;
}

/* Where a name is, relative to the root and with its folder's links resolved; NULL outside of it. */
static const char *locate(int folder, const char *name, char *buffer) {
    char parent[PATH_MAX];
    int error = errno;
    if (!active() || !name || strlen(name) >= sizeof parent) return NULL;
    strcpy(parent, name);
    size_t length = strlen(parent);
    while (length > 1 && parent[length - 1] == '/') parent[--length] = '\0';
    char *slash = strrchr(parent, '/');
    const char *last = name + (slash ? slash - parent + 1 : 0);
    size_t last_length = length - (size_t)(last - name);
    if (slash) slash[slash == parent] = '\0';
    else strcpy(parent, ".");
    if (last_length == 0 || (last[0] == '.' && (last_length == 1 || (last_length == 2 && last[1] == '.')))) return NULL;

    int fd = (int)syscall(SYS_openat, folder, parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
    errno = error;
    if (fd < 0) return NULL;
    char *at = (char *)path_of(fd, buffer);
    syscall(SYS_close, fd);
    errno = error;
    if (!at) return NULL;
    size_t used = strlen(at);
    if ((size_t)(at - buffer) + used + last_length + 2 > PATH_MAX) return NULL;
    if (used) at[used++] = '/';
    memcpy(at + used, last, last_length);
    at[used + last_length] = '\0';
    return at;
}

static void forget(int fd) { if (fd >= 0 && fd < MAX_FD) open_files[fd].kind = NOTHING; }

static struct stat remember(int fd, int flags) {
    struct stat now = { 0 };
    if (fd >= MAX_FD) put_unsupported("a descriptor past the table", "");
    else if (fstat(fd, &now) == 0) {
        open_files[fd].device = now.st_dev;
        open_files[fd].inode = now.st_ino;
        open_files[fd].append = (flags & O_APPEND) != 0;
        open_files[fd].kind = S_ISDIR(now.st_mode) ? FOLDER_BELOW : S_ISREG(now.st_mode) ? FILE_BELOW : NOTHING;
    }
    return now;
}

/* In a step. False when the descriptor was closed and reused behind our back (by libc itself, say). */
static int still(int fd, struct stat *now) {
    if (fstat(fd, now) == 0 && now->st_dev == open_files[fd].device && now->st_ino == open_files[fd].inode) return 1;
    forget(fd);
    return 0;
}

/* ---- opening, closing, copying descriptors ---- */

static int open_plain(int folder, const char *name, int flags, mode_t mode) {
    char buffer[PATH_MAX];
    int fd = (int)syscall(SYS_openat, folder, name, flags, mode);
    if (fd < 0 || !active()) return fd;
    forget(fd);
    if ((flags & O_PATH) || !path_of(fd, buffer)) return fd;
    struct step step;
    begin(&step);
    const char *path = path_of(fd, buffer);
    if ((flags & O_TMPFILE) == O_TMPFILE) put_unsupported("a file without a name", path);
    put((struct record){ .kind = 'O', .inode = remember(fd, flags).st_ino }, path, NULL, NULL, 0);
    end(&step);
    return fd;
}

static int open_any(int folder, const char *name, int flags, mode_t mode) {
    char buffer[PATH_MAX];
    const char *path = flags & (O_CREAT | O_TRUNC) ? locate(folder, name, buffer) : NULL;
    if (!path) return open_plain(folder, name, flags, mode);

    struct step step;
    struct stat before;
    begin(&step);
    int existed = fstatat(folder, name, &before, 0) == 0;
    int creates = !existed && (flags & O_CREAT), cuts = existed && (flags & O_TRUNC) && !(flags & O_EXCL);
    long call = creates || cuts ? arrive(creates ? GROWS : PLAIN, &step) : 0;
    int fd = -1;
    if (call >= 0) {
        fd = (int)syscall(SYS_openat, folder, name, flags, mode);
        struct stat now = { 0 };
        if (fd < 0) step.error = errno;
        else {
            forget(fd);
            now = remember(fd, flags);
            if (existed) put((struct record){ .kind = 'O', .inode = now.st_ino }, path, NULL, NULL, 0);
        }
        errno = step.error;
        if (creates) depart((struct record){ .kind = 'C', .call = call, .inode = now.st_ino, .mode = now.st_mode & 07777 }, fd, &step, path, NULL, NULL);
        if (cuts) depart((struct record){ .kind = 'T', .call = call, .inode = now.st_ino }, fd, &step, NULL, NULL, NULL);
    }
    end(&step);
    return fd;
}

int open(const char *path, int flags, ...) {
    return open_any(AT_FDCWD, path, flags, flags & (O_CREAT | O_TMPFILE) ? ARGUMENT(mode_t, flags) : 0);
}
int openat(int folder, const char *path, int flags, ...) {
    return open_any(folder, path, flags, flags & (O_CREAT | O_TMPFILE) ? ARGUMENT(mode_t, flags) : 0);
}
int creat(const char *path, mode_t mode) { return open_any(AT_FDCWD, path, O_CREAT | O_TRUNC | O_WRONLY, mode); }
SAME(open64, open); SAME(__open_2, open); SAME(__open64_2, open); SAME(creat64, creat);
SAME(openat64, openat); SAME(__openat_2, openat); SAME(__openat64_2, openat);

int close(int fd) {
    if (fd == log_fd && fd >= 0) return 0;
    if (watched(fd)) forget(fd); /* before: afterwards the number may be another thread's */
    return (int)syscall(SYS_close, fd);
}
int fclose(FILE *stream) {
    NEXT(fclose);
    int fd = stream ? fileno(stream) : -1;
    if (watched(fd)) forget(fd);
    return next(stream);
}

static int copied(int from, int to) {
    if (to < 0 || to >= MAX_FD || !active()) return to;
    if (from >= 0 && from < MAX_FD) open_files[to] = open_files[from];
    else forget(to);
    return to;
}
int dup(int fd) { return copied(fd, (int)syscall(SYS_dup, fd)); }
int dup3(int fd, int to, int flags) { return copied(fd, (int)syscall(SYS_dup3, fd, to, flags)); }
int dup2(int fd, int to) { return fd == to ? (int)syscall(SYS_fcntl, fd, F_GETFD) < 0 ? -1 : to : dup3(fd, to, 0); }

int fcntl(int fd, int command, ...) {
    long argument = ARGUMENT(long, command);
    int result = (int)syscall(SYS_fcntl, fd, command, argument);
    if (command == F_DUPFD || command == F_DUPFD_CLOEXEC) copied(fd, result);
    if (command == F_SETFL && result >= 0 && watched(fd)) open_files[fd].append = (argument & O_APPEND) != 0;
    return result;
}
SAME(fcntl64, fcntl);

/* ---- contents ---- */

static ssize_t print(int fd, const struct iovec *data, int count) {
    struct step step;
    begin(&step);
    ssize_t written = syscall(SYS_writev, fd, data, count);
    step.error = errno;
    if (written > 0) put((struct record){ .kind = 'P' }, NULL, NULL, data, (size_t)written);
    end(&step);
    return written;
}

/* offset -1: at the descriptor's own position. */
static ssize_t write_any(int fd, const struct iovec *data, int count, int64_t offset, int flags) {
    if (watched(fd) == OUTPUT && offset < 0) return print(fd, data, count);
    struct step step;
    struct stat before;
    struct iovec part;
    begin(&step);
    if (!still(fd, &before)) {
        end(&step);
        return syscall(SYS_pwritev2, fd, data, count, offset, 0L, flags);
    }
    ssize_t written = -1;
    long call = arrive(WRITES, &step);
    if (call > 0) {
        if (torn(call) && count > 0) {
            part = (struct iovec){ data[0].iov_base, data[0].iov_len * (size_t)(1 + call % 7) / 8 };
            data = &part;
            count = 1;
        }
        written = syscall(SYS_pwritev2, fd, data, count, offset, 0L, flags);
        if (written >= 0) step.error = errno;
        struct record record = { .kind = 'W', .call = call, .inode = before.st_ino };
        if (open_files[fd].append || (flags & RWF_APPEND)) record.offset = before.st_size;
        else record.offset = offset >= 0 ? offset : lseek(fd, 0, SEEK_CUR) - written;
        record.length = written;
        depart(record, written, &step, NULL, NULL, data);
    }
    end(&step);
    return written;
}

ssize_t write(int fd, const void *bytes, size_t length) {
    struct iovec data = { (void *)bytes, length };
    return watched(fd) ? write_any(fd, &data, 1, -1, 0) : syscall(SYS_write, fd, bytes, length);
}
ssize_t writev(int fd, const struct iovec *data, int count) {
    return watched(fd) ? write_any(fd, data, count, -1, 0) : syscall(SYS_writev, fd, data, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    struct iovec data = { (void *)bytes, length };
    return watched(fd) && offset >= 0 ? write_any(fd, &data, 1, offset, 0) : syscall(SYS_pwrite64, fd, bytes, length, offset);
}
ssize_t pwritev2(int fd, const struct iovec *data, int count, off_t offset, int flags) {
    return watched(fd) ? write_any(fd, data, count, offset, flags) : syscall(SYS_pwritev2, fd, data, count, offset, 0L, flags);
}
ssize_t pwritev(int fd, const struct iovec *data, int count, off_t offset) {
    return watched(fd) && offset >= 0 ? write_any(fd, data, count, offset, 0) : syscall(SYS_pwritev, fd, data, count, offset, 0L);
}

SAME(pwrite64, pwrite); SAME(pwritev64, pwritev); SAME(pwritev64v2, pwritev2);

/* One counted call on an open file: nothing but its record differs. number 0: recorded only. */
static int on_file(int fd, struct record record, enum nature nature, long number, long a, long b, long c) {
    struct step step;
    struct stat now;
    begin(&step);
    long result = -1;
    if (!still(fd, &now)) {
        end(&step);
        return number ? (int)syscall(number, fd, a, b, c) : 0;
    }
    record.inode = now.st_ino;
    record.call = arrive(nature, &step);
    if (record.call > 0) {
        result = number ? syscall(number, fd, a, b, c) : 0;
        depart(record, result, &step, NULL, NULL, NULL);
    }
    end(&step);
    return (int)result;
}

int fsync(int fd) {
    return below_root(fd) ? on_file(fd, (struct record){ .kind = 'S' }, PLAIN, 0, 0, 0, 0) : (int)syscall(SYS_fsync, fd);
}
SAME(fdatasync, fsync); /* of what isn't ours: as strict, a little slower */
int syncfs(int fd) {
    return below_root(fd) ? on_file(fd, (struct record){ .kind = 'A' }, PLAIN, 0, 0, 0, 0) : (int)syscall(SYS_syncfs, fd);
}
void sync(void) {
    struct step step;
    syscall(SYS_sync);
    if (!active()) return;
    begin(&step);
    long call = arrive(PLAIN, &step);
    if (call > 0) depart((struct record){ .kind = 'A', .call = call }, 0, &step, NULL, NULL, NULL);
    end(&step);
}
int ftruncate(int fd, off_t length) {
    if (watched(fd) != FILE_BELOW) return (int)syscall(SYS_ftruncate, fd, length);
    return on_file(fd, (struct record){ .kind = 'T', .offset = length }, PLAIN, SYS_ftruncate, length, 0, 0);
}
int truncate(const char *path, off_t length) {
    char buffer[PATH_MAX];
    if (!locate(AT_FDCWD, path, buffer)) return (int)syscall(SYS_truncate, path, length);
    int fd = open_any(AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
    if (fd < 0) return -1;
    int result = ftruncate(fd, length), error = errno;
    close(fd);
    return errno = error, result;
}
SAME(ftruncate64, ftruncate); SAME(truncate64, truncate);
int fallocate(int fd, int mode, off_t offset, off_t length) {
    if (watched(fd) != FILE_BELOW || mode == FALLOC_FL_KEEP_SIZE) return (int)syscall(SYS_fallocate, fd, mode, offset, length);
    struct record record = { .offset = offset, .length = length };
    if (mode == 0) record.kind = 'G';
    else if (mode == (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE) || mode == (FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE)) record.kind = 'Z';
    else unsupported("fallocate that moves or extends ranges", "");
    if (!record.kind) return errno = EOPNOTSUPP, -1;
    return on_file(fd, record, GROWS, SYS_fallocate, mode, offset, length);
}
int posix_fallocate(int fd, off_t offset, off_t length) {
    int before = errno, result = fallocate(fd, 0, offset, length), error = errno;
    return errno = before, result == 0 ? 0 : error;
}
SAME(fallocate64, fallocate); SAME(posix_fallocate64, posix_fallocate);

/* ---- names ---- */

static int on_name(struct record record, const char *path, const char *path2, enum nature nature, long number, long a, long b, long c, long d, long e) {
    struct step step;
    begin(&step);
    long result = -1;
    record.call = arrive(nature, &step);
    if (record.call > 0) {
        result = syscall(number, a, b, c, d, e);
        struct stat made;
        if (result == 0 && record.kind == 'M' && fstatat((int)a, (const char *)b, &made, 0) == 0) {
            record.inode = made.st_ino;
            record.mode = made.st_mode & 07777;
        }
        depart(record, result, &step, path, path2, NULL);
    }
    end(&step);
    return (int)result;
}

static int two_names(char kind, int folder, const char *from, int folder2, const char *to, long number, int flags) {
    char buffer[PATH_MAX], buffer2[PATH_MAX];
    const char *path = locate(folder, from, buffer), *path2 = locate(folder2, to, buffer2);
    if (path && path2 && !(kind == 'R' && (flags & ~RENAME_NOREPLACE)))
        return on_name((struct record){ .kind = (uint32_t)kind }, path, path2, GROWS, number, folder, (long)from, folder2, (long)to, flags);
    if (path || path2) unsupported("a name moved into or out of the folder, or exchanged", path ? path : path2);
    return (int)syscall(number, folder, from, folder2, to, flags);
}

int renameat2(int folder, const char *from, int folder2, const char *to, unsigned flags) {
    return two_names('R', folder, from, folder2, to, SYS_renameat2, (int)flags);
}
int renameat(int folder, const char *from, int folder2, const char *to) { return renameat2(folder, from, folder2, to, 0); }
int rename(const char *from, const char *to) { return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0); }
int linkat(int folder, const char *from, int folder2, const char *to, int flags) {
    return two_names('L', folder, from, folder2, to, SYS_linkat, flags);
}
int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

int unlinkat(int folder, const char *name, int flags) {
    char buffer[PATH_MAX];
    const char *path = locate(folder, name, buffer);
    if (!path) return (int)syscall(SYS_unlinkat, folder, name, flags);
    return on_name((struct record){ .kind = flags & AT_REMOVEDIR ? 'D' : 'U' }, path, NULL, PLAIN, SYS_unlinkat, folder, (long)name, flags, 0, 0);
}
int unlink(const char *name) { return unlinkat(AT_FDCWD, name, 0); }
int rmdir(const char *name) { return unlinkat(AT_FDCWD, name, AT_REMOVEDIR); }
int remove(const char *name) { return unlink(name) == 0 ? 0 : errno == EISDIR ? rmdir(name) : -1; }
int mkdirat(int folder, const char *name, mode_t mode) {
    char buffer[PATH_MAX];
    const char *path = locate(folder, name, buffer);
    if (!path) return (int)syscall(SYS_mkdirat, folder, name, mode);
    return on_name((struct record){ .kind = 'M' }, path, NULL, GROWS, SYS_mkdirat, folder, (long)name, (long)mode, 0, 0);
}
int mkdir(const char *name, mode_t mode) { return mkdirat(AT_FDCWD, name, mode); }
int symlinkat(const char *target, int folder, const char *name) {
    char buffer[PATH_MAX];
    const char *path = locate(folder, name, buffer);
    if (path) unsupported("a symbolic link", path);
    return (int)syscall(SYS_symlinkat, target, folder, name);
}
int symlink(const char *target, const char *name) { return symlinkat(target, AT_FDCWD, name); }

/* ---- refused, or reported ---- */

ssize_t copy_file_range(int in, off_t *in_offset, int out, off_t *out_offset, size_t length, unsigned flags) {
    if (watched(out) == FILE_BELOW) return errno = EXDEV, -1;
    return syscall(SYS_copy_file_range, in, in_offset, out, out_offset, length, flags);
}
ssize_t sendfile(int out, int in, off_t *offset, size_t length) {
    if (watched(out) == FILE_BELOW) return errno = EINVAL, -1;
    return syscall(SYS_sendfile, out, in, offset, length);
}
SAME(sendfile64, sendfile);

int ioctl(int fd, unsigned long request, ...) {
    long argument = ARGUMENT(long, request);
    if ((request == FICLONE || request == FICLONERANGE) && watched(fd) == FILE_BELOW) return errno = EOPNOTSUPP, -1;
    return (int)syscall(SYS_ioctl, fd, request, argument);
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
    char buffer[PATH_MAX];
    if (!(flags & MAP_ANONYMOUS) && (flags & MAP_SHARED) && (protection & PROT_WRITE) && watched(fd) == FILE_BELOW)
        unsupported("a shared writable mapping", path_of(fd, buffer));
    return (void *)syscall(SYS_mmap, address, length, protection, flags, fd, offset);
}
SAME(mmap64, mmap);

static FILE *stream_opened(FILE *stream, const char *mode) {
    char buffer[PATH_MAX];
    const char *path = stream && active() ? path_of(fileno(stream), buffer) : NULL;
    if (path && strpbrk(mode, "wa+")) unsupported("a stdio stream for writing", path);
    return stream;
}
FILE *fopen(const char *path, const char *mode) {
    NEXT(fopen);
    return stream_opened(next(path, mode), mode);
}
SAME(fopen64, fopen);
FILE *fdopen(int fd, const char *mode) {
    NEXT(fdopen);
    return stream_opened(next(fd, mode), mode);
}

/*
 * Who looks a function up in libc itself, as .NET does for imports, gets ours too. A caller's RTLD_NEXT is passed on by a
 * jump, as it depends on the return address.
 */
void *dlsym(void *handle, const char *name) {
    static void *(*next)(void *, const char *);
    static const char *const versions[] = { "GLIBC_2.34", "GLIBC_2.17", "GLIBC_2.2.5" };
    for (int i = 0; i < 3 && !next; i++) next = (void *(*)(void *, const char *))dlvsym(RTLD_NEXT, "dlsym", versions[i]);
    if (handle == RTLD_NEXT) return next(handle, name);
    void *found = next(handle, name);
    return found && found == next(RTLD_NEXT, name) ? next(RTLD_DEFAULT, name) : found;
}

/* ---- beginning ---- */

__attribute__((constructor)) static void start(void) {
    const char *folder = getenv("POWERCUT_ROOT"), *log = getenv("POWERCUT_LOG"), *at = getenv("POWERCUT_AT");
    const char *how = getenv("POWERCUT_HOW"), *first = getenv("POWERCUT_PID");
    static const char *const hows[] = { "before", "after", "torn", "eio", "enospc" };
    if (!folder || !log || (first && atoi(first) != getpid())) return;
    char pid[16];
    snprintf(pid, sizeof pid, "%d", owner = getpid());
    setenv("POWERCUT_PID", pid, 1);

    struct stat now;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    log_fd = fd < 0 ? fd : (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 512L); /* away from numbers that programs hand out */
    if (fd >= 0) syscall(SYS_close, fd);
    if (log_fd < 0 || !realpath(folder, root) || stat(root, &now) != 0) complain("no log or no folder", folder), _exit(97);
    strike_at = at ? atol(at) : 0;
    for (int i = 0; how && i < 5; i++)
        if (strcmp(how, hows[i]) == 0) strike_how = (enum strike)i;
    open_files[1].kind = OUTPUT;
    root_length = strlen(root);
    put((struct record){ .kind = 'O', .inode = now.st_ino }, "", NULL, NULL, 0);
}
