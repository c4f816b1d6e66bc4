// OpenSSL's digests, MACs and random source (libcrypto), and TLS for clients (libssl).
#ifndef TIDELINE_COPENSSL_SHIM_H
#define TIDELINE_COPENSSL_SHIM_H

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

// Macros that Swift does not see.
static inline long tideline_ssl_set_host_name(SSL *session, const char *name) { return SSL_set_tlsext_host_name(session, name); }
static inline long tideline_ssl_set_min_version(SSL *session, int version) { return SSL_set_min_proto_version(session, version); }

#endif
