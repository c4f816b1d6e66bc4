// zlib's compressor, as Debian's zlib1g-dev declares it.
#ifndef TIDELINE_CZLIB_SHIM_H
#define TIDELINE_CZLIB_SHIM_H

#include <zlib.h>

// Begins a gzip stream (RFC 1952: window bits beyond 15); deflateInit2 is a macro.
static inline int tideline_gzip_begin(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

#endif
