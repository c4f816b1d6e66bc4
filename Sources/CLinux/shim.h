// The Linux interfaces that the Glibc module does not offer to Swift.
// Never define _GNU_SOURCE here: a header that Swift imports must not change what Glibc's own module declares.
#ifndef TIDELINE_CLINUX_SHIM_H
#define TIDELINE_CLINUX_SHIM_H

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>
#include <unistd.h>

#endif
