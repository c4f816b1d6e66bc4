// The Linux interfaces that the Glibc module does not offer to Swift.
// Never define _GNU_SOURCE here: a header that Swift imports must not change what Glibc's own module declares.
#ifndef TIDELINE_CLINUX_SHIM_H
#define TIDELINE_CLINUX_SHIM_H

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <sys/timex.h>
#include <sys/vfs.h>
#include <unistd.h>

// accept4(2) by its number, because the prototype needs _GNU_SOURCE. The new descriptor is non-blocking and close-on-exec.
static inline int tideline_accept4(int listener, struct sockaddr *address, socklen_t *length) {
    return (int)syscall(SYS_accept4, listener, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

// What is in the socket's send queue, unacknowledged bytes included (SIOCOUTQ); -1 with errno. ioctl(2) is variadic.
static inline int tideline_send_queue_bytes(int descriptor) {
    int count = 0;
    return ioctl(descriptor, TIOCOUTQ, &count) < 0 ? -1 : count;
}

// Names the calling thread, at most 15 bytes. prctl(2) is variadic.
static inline int tideline_name_thread(const char *name) {
    return prctl(PR_SET_NAME, name, 0, 0, 0);
}

// The family-specific views of an address, for the places where Swift would have to rebind memory.
static inline struct sockaddr *tideline_sockaddr(struct sockaddr_storage *storage) { return (struct sockaddr *)storage; }
static inline struct sockaddr_in *tideline_sockaddr_in(struct sockaddr_storage *storage) { return (struct sockaddr_in *)storage; }
static inline struct sockaddr_in6 *tideline_sockaddr_in6(struct sockaddr_storage *storage) { return (struct sockaddr_in6 *)storage; }
static inline struct sockaddr_un *tideline_sockaddr_un(struct sockaddr_storage *storage) { return (struct sockaddr_un *)storage; }

// sendto(2) to an address that is bytes already; without SIGPIPE.
static inline ssize_t tideline_send_to(int descriptor, const void *bytes, size_t count, const void *address, socklen_t length) {
    return sendto(descriptor, bytes, count, MSG_NOSIGNAL, (const struct sockaddr *)address, length);
}

#endif
