// OpenSSL's digests, MACs, signatures and random source (libcrypto); TLS follows with the transport.
#ifndef TIDELINE_COPENSSL_SHIM_H
#define TIDELINE_COPENSSL_SHIM_H

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#endif
