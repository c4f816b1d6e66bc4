// OpenSSL: digests, MACs, signatures and random source (libcrypto), TLS (libssl). Macros that Swift needs are functions here.
#ifndef TIDELINE_COPENSSL_SHIM_H
#define TIDELINE_COPENSSL_SHIM_H

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

// The rules of a server's sessions, out of macros that compute bits.
static const uint64_t tideline_ssl_server_options = SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
    SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF;
// Buffers live while bytes are on their way only.
static const long tideline_ssl_server_mode =
    SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER;

static inline long tideline_ssl_ctx_set_mode(SSL_CTX *context, long mode) { return SSL_CTX_set_mode(context, mode); }
static inline int tideline_ssl_ctx_set_min_version(SSL_CTX *context, int version) {
    return (int)SSL_CTX_set_min_proto_version(context, version);
}
static inline long tideline_ssl_ctx_set_groups(SSL_CTX *context, const char *list) {
    return SSL_CTX_set1_groups_list(context, list);
}
static inline long tideline_ssl_ctx_set_session_cache_mode(SSL_CTX *context, long mode) {
    return SSL_CTX_set_session_cache_mode(context, mode);
}
static inline void tideline_ssl_ctx_set_server_name_callback(
    SSL_CTX *context, int (*callback)(SSL *, int *, void *), void *argument) {
    SSL_CTX_set_tlsext_servername_callback(context, callback);
    SSL_CTX_set_tlsext_servername_arg(context, argument);
}
static inline void tideline_bio_retry_read(BIO *bio) { BIO_set_retry_read(bio); }
static inline void tideline_bio_clear_retry(BIO *bio) { BIO_clear_retry_flags(bio); }
// Macros that Swift does not see.
static inline long tideline_ssl_set_host_name(SSL *session, const char *name) { return SSL_set_tlsext_host_name(session, name); }
static inline long tideline_ssl_set_min_version(SSL *session, int version) { return SSL_set_min_proto_version(session, version); }

#endif
