// Simulates a power loss for the files below one directory. A kill -9 keeps the page cache, so it never shows a missing
// fsync; this does.
//
//   cc -O2 -Wall -Wextra -shared -fPIC -o powerloss.so powerloss.c -ldl -lpthread
//   POWERLOSS_DIR=/data POWERLOSS_MIRROR=/mirror LD_PRELOAD=./powerloss.so server …
//
// The mirror holds each file as the disk is sure to hold it: as of its last fsync or fdatasync. After the process is
// killed, the mirror is what a machine finds when the power comes back.
//
// Rules:
// - A write, truncation or allocation makes a range of the file pending. fsync copies the pending ranges to the mirror
//   before it returns; the process may die in between, as a disk may lose power within an fsync.
// - Pending ranges belong to the file (device, inode), not to the descriptor: fsync through one descriptor covers writes
//   through all of them, and closing one loses nothing.
// - A new file appears in the mirror at its first fsync, with its directories. An fsync of the directory is not asked for.
// - rename and unlink apply to the mirror at once, as a journal commits them at the next fsync of anything. A file that is
//   renamed before it was ever synced arrives empty, which is what such a program finds on a real disk.
// - A file that is not in the mirror when it is first opened is pending as a whole. Start with a mirror that is a copy.
// - "-shm" files are not mirrored: SQLite maps them and rebuilds them. No other file may be written through a mapping.
// - stdio (fopen) and descriptors made by dup are not seen.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define MAXIMUM_DESCRIPTORS 65536
#define EXPORT __attribute__((visibility("default")))

// The next definition of a function, looked up at its first use: other libraries open files before our constructor runs.
#define REAL(name)                                             \
    ({                                                         \
        static _Atomic(void *) cached;                         \
        void *function = atomic_load_explicit(&cached, memory_order_relaxed); \
        if (!function) {                                       \
            function = dlsym(RTLD_NEXT, #name);                \
            if (!function) abort();                            \
            atomic_store_explicit(&cached, function, memory_order_relaxed); \
        }                                                      \
        (__typeof__(&name))function;                           \
    })

struct range { off_t start, end; };

struct file {
    pthread_mutex_t lock;
    dev_t device;
    ino_t inode;              // 0: unlinked or replaced, nothing of it will be found after the power loss
    char path[PATH_MAX];      // below the directory, without a leading slash
    struct range *ranges;     // pending, in no order; neighbours are joined as they come
    size_t count, capacity;
    off_t smallest;           // smallest size since the last fsync, -1 for "never truncated"
    int is_pending;
    struct file *next;
};

static char root[PATH_MAX], mirror[PATH_MAX];
static size_t root_length;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t files_lock = PTHREAD_MUTEX_INITIALIZER;
static struct file *files;
static _Atomic(struct file *) descriptors[MAXIMUM_DESCRIPTORS];

static void fail(const char *what, const char *path) {
    dprintf(2, "powerloss: %s %s: %s\n", what, path, strerror(errno));
    abort();
}

static void initialize(void) {
    const char *directory = getenv("POWERLOSS_DIR"), *target = getenv("POWERLOSS_MIRROR");
    if (!directory || !target) return;
    if (!realpath(directory, root)) fail("resolve", directory);
    if (!realpath(target, mirror)) fail("resolve", target);
    root_length = strlen(root);
}

static int is_active(void) {
    pthread_once(&once, initialize);
    return root_length > 0;
}

// MARK: Paths

// The part of an absolute path below the directory, or NULL.
static const char *below_root(const char *path) {
    if (strncmp(path, root, root_length) != 0 || path[root_length] != '/') return NULL;
    return path + root_length + 1;
}

// Resolves the directory of a path, but not its last component, into an absolute path.
static int absolute(int directory, const char *path, char out[PATH_MAX]) {
    char full[PATH_MAX], link[64];
    if (path[0] == '/' || directory == AT_FDCWD) {
        if ((size_t)snprintf(full, sizeof full, "%s", path) >= sizeof full) return -1;
    } else {
        snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
        ssize_t length = readlink(link, full, sizeof full - 1);
        if (length < 0) return -1;
        if ((size_t)snprintf(full + length, sizeof full - length, "/%s", path) >= sizeof full - length) return -1;
    }
    char *slash = strrchr(full, '/');
    const char *name = slash ? slash + 1 : full;
    char parent[PATH_MAX];
    if (slash == full) strcpy(parent, "/");
    else if (!slash) { if (!getcwd(parent, sizeof parent)) return -1; }
    else {
        *slash = 0;
        if (!realpath(full, parent)) return -1;
    }
    return snprintf(out, PATH_MAX, "%s/%s", strcmp(parent, "/") ? parent : "", name) < PATH_MAX ? 0 : -1;
}

static void mirror_path(const char *path, char out[PATH_MAX]) {
    if (snprintf(out, PATH_MAX, "%s/%s", mirror, path) >= PATH_MAX) fail("too long", path);
}

static void make_parents(char *path) {
    for (char *slash = strchr(path + strlen(mirror) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (mkdir(path, 0700) < 0 && errno != EEXIST) fail("mkdir", path);
        *slash = '/';
    }
}

// MARK: Pending ranges (with the file's lock held)

static void add_range(struct file *file, off_t start, off_t end) {
    file->is_pending = 1;
    if (start >= end) return;
    for (size_t i = file->count; i > 0 && i + 8 > file->count; i--) {  // appends and rewrites join one of the last few
        struct range *range = &file->ranges[i - 1];
        if (start <= range->end && end >= range->start) {
            if (start < range->start) range->start = start;
            if (end > range->end) range->end = end;
            return;
        }
    }
    if (file->count == file->capacity) {
        file->capacity = file->capacity ? file->capacity * 2 : 16;
        file->ranges = realloc(file->ranges, file->capacity * sizeof *file->ranges);
        if (!file->ranges) abort();
    }
    file->ranges[file->count++] = (struct range){start, end};
}

static void add_truncation(struct file *file, off_t size) {
    file->is_pending = 1;
    if (file->smallest < 0 || size < file->smallest) file->smallest = size;
}

static void copy_range(int from, int to, struct range range, const char *path) {
    static _Thread_local char block[65536];
    while (range.start < range.end) {
        size_t want = (size_t)(range.end - range.start) < sizeof block ? (size_t)(range.end - range.start) : sizeof block;
        ssize_t count = pread(from, block, want, range.start);
        if (count < 0) fail("read", path);
        if (count == 0) return;  // truncated since
        if (REAL(pwrite)(to, block, count, range.start) != count) fail("write the mirror of", path);
        range.start += count;
    }
}

// Brings the mirror up to what is in the file now. `descriptor` may be write-only, so the file is opened again.
static void synchronise(struct file *file, int descriptor) {
    char target[PATH_MAX], source[64];
    pthread_mutex_lock(&files_lock);
    int is_gone = !file->inode;
    mirror_path(file->path, target);
    pthread_mutex_unlock(&files_lock);
    if (is_gone || !file->is_pending) return;
    struct stat status;
    if (fstat(descriptor, &status) < 0) return;
    snprintf(source, sizeof source, "/proc/self/fd/%d", descriptor);
    make_parents(target);
    int from = REAL(open)(source, O_RDONLY | O_CLOEXEC);
    int to = REAL(open)(target, O_WRONLY | O_CREAT | O_CLOEXEC, status.st_mode & 07777);
    if (from < 0 || to < 0) fail("mirror", file->path);
    if (file->smallest >= 0 && REAL(ftruncate)(to, file->smallest) < 0) fail("truncate the mirror of", file->path);
    if (REAL(ftruncate)(to, status.st_size) < 0) fail("resize the mirror of", file->path);
    for (size_t i = 0; i < file->count; i++) copy_range(from, to, file->ranges[i], file->path);
    REAL(close)(from);
    REAL(close)(to);
    file->count = 0;
    file->smallest = -1;
    file->is_pending = 0;
}

// MARK: Files

static int is_ignored(const char *path) {
    size_t length = strlen(path);
    return length >= 4 && strcmp(path + length - 4, "-shm") == 0;
}

static struct file *find(const struct stat *status, const char *path) {
    pthread_mutex_lock(&files_lock);
    struct file *file = files;
    while (file && !(file->inode == status->st_ino && file->device == status->st_dev)) file = file->next;
    if (!file) {
        file = calloc(1, sizeof *file);
        if (!file) abort();
        pthread_mutex_init(&file->lock, NULL);
        file->device = status->st_dev;
        file->inode = status->st_ino;
        file->smallest = -1;
        snprintf(file->path, sizeof file->path, "%s", path);
        char target[PATH_MAX];
        mirror_path(path, target);
        if (access(target, F_OK) < 0) add_range(file, 0, status->st_size);
        file->next = files;
        files = file;
    }
    pthread_mutex_unlock(&files_lock);
    return file;
}

static void track(int descriptor, int flags) {
    if (descriptor < 0 || descriptor >= MAXIMUM_DESCRIPTORS || !is_active()) return;
    int saved = errno;
    char link[64], path[PATH_MAX];
    struct stat status;
    struct file *file = NULL;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length > 0 && fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode)) {
        path[length] = 0;
        const char *relative = below_root(path);
        if (relative && !is_ignored(relative)) {
            file = find(&status, relative);
            if (flags & O_TRUNC) {
                pthread_mutex_lock(&file->lock);
                add_truncation(file, 0);
                pthread_mutex_unlock(&file->lock);
            }
        }
    }
    atomic_store(&descriptors[descriptor], file);
    errno = saved;
}

static struct file *tracked(int descriptor) {
    if (descriptor < 0 || descriptor >= MAXIMUM_DESCRIPTORS) return NULL;
    return atomic_load_explicit(&descriptors[descriptor], memory_order_acquire);
}

static void wrote_at(int descriptor, off_t offset, ssize_t count) {
    struct file *file = count > 0 ? tracked(descriptor) : NULL;
    if (!file) return;
    pthread_mutex_lock(&file->lock);
    add_range(file, offset, offset + count);
    pthread_mutex_unlock(&file->lock);
}

static void wrote(int descriptor, ssize_t count) {
    if (count <= 0 || !tracked(descriptor)) return;
    int saved = errno;
    off_t end = lseek(descriptor, 0, SEEK_CUR);
    if (end >= 0) wrote_at(descriptor, end - count, count);
    errno = saved;
}

// Ends what is known of a path whose file is gone, or moves it. Directories take along what is below them.
static void forget_or_move(const char *from, const char *to) {
    size_t length = strlen(from);
    pthread_mutex_lock(&files_lock);
    if (to)
        for (struct file *file = files; file; file = file->next)
            if (strcmp(file->path, to) == 0) file->inode = 0;
    for (struct file *file = files; file; file = file->next) {
        if (!file->inode || strncmp(file->path, from, length) != 0) continue;
        if (file->path[length] != 0 && file->path[length] != '/') continue;
        if (!to) { file->inode = 0; continue; }
        char moved[PATH_MAX];
        if (snprintf(moved, sizeof moved, "%s%s", to, file->path + length) >= PATH_MAX) abort();
        strcpy(file->path, moved);
    }
    pthread_mutex_unlock(&files_lock);
}

static void unlinked(const char *path) {
    int saved = errno;
    const char *relative = below_root(path);
    if (relative) {
        char target[PATH_MAX];
        mirror_path(relative, target);
        REAL(unlink)(target);
        forget_or_move(relative, NULL);
    }
    errno = saved;
}

static void renamed(const char *from, const char *to) {
    int saved = errno;
    const char *old = below_root(from), *new = below_root(to);
    if (old && new) {
        char source[PATH_MAX], target[PATH_MAX];
        mirror_path(old, source);
        mirror_path(new, target);
        make_parents(target);
        if (REAL(rename)(source, target) < 0 && errno == ENOENT) {  // never synced: it arrives empty
            int empty = REAL(open)(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
            if (empty >= 0) REAL(close)(empty);
        }
        forget_or_move(old, new);
    }
    errno = saved;
}

// MARK: Intercepted calls

#define MODE(flags, last)                                      \
    mode_t mode = 0;                                           \
    if ((flags) & O_CREAT || ((flags) & O_TMPFILE) == O_TMPFILE) { \
        va_list list;                                          \
        va_start(list, last);                                  \
        mode = va_arg(list, mode_t);                           \
        va_end(list);                                          \
    }

#define OPEN(name)                                             \
    EXPORT int name(const char *path, int flags, ...) {        \
        MODE(flags, flags)                                     \
        int descriptor = REAL(name)(path, flags, mode);        \
        track(descriptor, flags);                              \
        return descriptor;                                     \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                           \
    EXPORT int name(int directory, const char *path, int flags, ...) { \
        MODE(flags, flags)                                     \
        int descriptor = REAL(name)(directory, path, flags, mode); \
        track(descriptor, flags);                              \
        return descriptor;                                     \
    }
OPENAT(openat)
OPENAT(openat64)

EXPORT int creat(const char *path, mode_t mode) { return open(path, O_WRONLY | O_CREAT | O_TRUNC, mode); }
EXPORT int creat64(const char *path, mode_t mode) { return open(path, O_WRONLY | O_CREAT | O_TRUNC, mode); }
// What -D_FORTIFY_SOURCE makes of open without a mode.
EXPORT int __open_2(const char *path, int flags) { return open(path, flags); }
EXPORT int __open64_2(const char *path, int flags) { return open(path, flags); }
EXPORT int __openat_2(int directory, const char *path, int flags) { return openat(directory, path, flags); }
EXPORT int __openat64_2(int directory, const char *path, int flags) { return openat(directory, path, flags); }

EXPORT int close(int descriptor) {
    if (descriptor >= 0 && descriptor < MAXIMUM_DESCRIPTORS) atomic_store(&descriptors[descriptor], NULL);
    return REAL(close)(descriptor);
}

EXPORT ssize_t write(int descriptor, const void *bytes, size_t size) {
    ssize_t count = REAL(write)(descriptor, bytes, size);
    wrote(descriptor, count);
    return count;
}

EXPORT ssize_t writev(int descriptor, const struct iovec *vectors, int length) {
    ssize_t count = REAL(writev)(descriptor, vectors, length);
    wrote(descriptor, count);
    return count;
}

#define PWRITE(name, offset_type)                              \
    EXPORT ssize_t name(int descriptor, const void *bytes, size_t size, offset_type offset) { \
        ssize_t count = REAL(name)(descriptor, bytes, size, offset); \
        wrote_at(descriptor, offset, count);                   \
        return count;                                          \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define PWRITEV(name, offset_type)                             \
    EXPORT ssize_t name(int descriptor, const struct iovec *vectors, int length, offset_type offset) { \
        ssize_t count = REAL(name)(descriptor, vectors, length, offset); \
        wrote_at(descriptor, offset, count);                   \
        return count;                                          \
    }
PWRITEV(pwritev, off_t)
PWRITEV(pwritev64, off64_t)

#define FTRUNCATE(name, size_type)                             \
    EXPORT int name(int descriptor, size_type size) {          \
        int result = REAL(name)(descriptor, size);             \
        struct file *file = result == 0 ? tracked(descriptor) : NULL; \
        if (file) {                                            \
            pthread_mutex_lock(&file->lock);                   \
            add_truncation(file, size);                        \
            pthread_mutex_unlock(&file->lock);                 \
        }                                                      \
        return result;                                         \
    }
FTRUNCATE(ftruncate, off_t)
FTRUNCATE(ftruncate64, off64_t)

static void allocated(int descriptor) {
    struct file *file = tracked(descriptor);
    if (!file) return;
    pthread_mutex_lock(&file->lock);
    file->is_pending = 1;  // the size may have grown; the bytes are zero
    pthread_mutex_unlock(&file->lock);
}

#define ALLOCATE(name, offset_type)                            \
    EXPORT int name(int descriptor, offset_type offset, offset_type length) { \
        int result = REAL(name)(descriptor, offset, length);   \
        if (result == 0) allocated(descriptor);                \
        return result;                                         \
    }
ALLOCATE(posix_fallocate, off_t)
ALLOCATE(posix_fallocate64, off64_t)

#define FSYNC(name)                                            \
    EXPORT int name(int descriptor) {                          \
        int result = REAL(name)(descriptor);                   \
        struct file *file = result == 0 ? tracked(descriptor) : NULL; \
        if (file) {                                            \
            int saved = errno;                                 \
            pthread_mutex_lock(&file->lock);                   \
            synchronise(file, descriptor);                     \
            pthread_mutex_unlock(&file->lock);                 \
            errno = saved;                                     \
        }                                                      \
        return result;                                         \
    }
FSYNC(fsync)
FSYNC(fdatasync)

EXPORT int unlinkat(int directory, const char *path, int flags) {
    char full[PATH_MAX];
    int known = is_active() && absolute(directory, path, full) == 0;
    int result = REAL(unlinkat)(directory, path, flags);
    if (result == 0 && known && !(flags & AT_REMOVEDIR)) unlinked(full);
    return result;
}

EXPORT int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }

EXPORT int renameat(int from_directory, const char *from, int to_directory, const char *to) {
    char old[PATH_MAX], new[PATH_MAX];
    int known = is_active() && absolute(from_directory, from, old) == 0 && absolute(to_directory, to, new) == 0;
    int result = REAL(renameat)(from_directory, from, to_directory, to);
    if (result == 0 && known) renamed(old, new);
    return result;
}

EXPORT int rename(const char *from, const char *to) { return renameat(AT_FDCWD, from, AT_FDCWD, to); }
