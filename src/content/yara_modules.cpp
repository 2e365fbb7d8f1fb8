// Which modules of libyara there are: those of whose entries libyara's table finds ours here are not linked, and rules
// that import them are refused. `time`: results would depend on the clock; `magic`: it opens a database; `cuckoo`: it
// wants the log of another program. What `hash` and `pe` want of libcrypto is here too, so that no cipher is linked:
// digests are limier's own, and signatures of programs are not read; rules that ask for them are refused
// (yara_rules.cpp).
//
// Source of the functions' meaning: libyara 4.2.3, modules.h, and OpenSSL's manual.
#include <algorithm>
#include <cstdint>

#include "content/yara.h"
#include "limier/base/digest.h"

namespace {

// Of each at most one is computed at a time.
enum Which : std::uint8_t { kMd5, kSha1, kSha256 };
limier::Hasher new_hasher(Which which) {
  return limier::Hasher({which == kMd5, which == kSha1, which == kSha256});
}
template <Which kWhich>
limier::Hasher& digest_at_work() {
  static limier::Hasher hasher = new_hasher(kWhich);
  return hasher;
}
template <Which kWhich>
int begin_digest() {
  digest_at_work<kWhich>() = new_hasher(kWhich);
  return 1;
}
template <Which kWhich>
int add_to_digest(const void* data, size_t size) {
  digest_at_work<kWhich>().update({static_cast<const std::uint8_t*>(data), size});
  return 1;
}
template <class Digest>
int give_digest(const Digest& digest, unsigned char* out) {
  std::copy(digest.begin(), digest.end(), out);
  return 1;
}

}  // namespace

// NOLINTBEGIN(readability-identifier-naming,bugprone-reserved-identifier): the libraries' names
#define LIMIER_NO_MODULE(name)                                    \
  int name##__declarations(YR_OBJECT*) {                          \
    return ERROR_UNKNOWN_MODULE;                                  \
  }                                                               \
  int name##__load(YR_SCAN_CONTEXT*, YR_OBJECT*, void*, size_t) { \
    return ERROR_UNKNOWN_MODULE;                                  \
  }                                                               \
  int name##__unload(YR_OBJECT*) {                                \
    return ERROR_SUCCESS;                                         \
  }                                                               \
  int name##__initialize(YR_MODULE*) {                            \
    return ERROR_SUCCESS;                                         \
  }                                                               \
  int name##__finalize(YR_MODULE*) {                              \
    return ERROR_SUCCESS;                                         \
  }
// Never called: without a first object, which d2i_PKCS7 does not give, there are no others.
#define LIMIER_NOTHING(name) \
  void* name() {             \
    return nullptr;          \
  }

extern "C" {

LIMIER_NO_MODULE(cuckoo)
LIMIER_NO_MODULE(magic)
LIMIER_NO_MODULE(time)

int MD5_Init(void*) {
  return begin_digest<kMd5>();
}
int MD5_Update(void*, const void* data, size_t size) {
  return add_to_digest<kMd5>(data, size);
}
int MD5_Final(unsigned char* out, void*) {
  return give_digest(*digest_at_work<kMd5>().finish().md5, out);
}
int SHA1_Init(void*) {
  return begin_digest<kSha1>();
}
int SHA1_Update(void*, const void* data, size_t size) {
  return add_to_digest<kSha1>(data, size);
}
int SHA1_Final(unsigned char* out, void*) {
  return give_digest(*digest_at_work<kSha1>().finish().sha1, out);
}
int SHA256_Init(void*) {
  return begin_digest<kSha256>();
}
int SHA256_Update(void*, const void* data, size_t size) {
  return add_to_digest<kSha256>(data, size);
}
int SHA256_Final(unsigned char* out, void*) {
  return give_digest(*digest_at_work<kSha256>().finish().sha256, out);
}

void* d2i_PKCS7(void*, const unsigned char**, long) {
  return nullptr;
}
LIMIER_NOTHING(EVP_sha1)
LIMIER_NOTHING(OBJ_create)
LIMIER_NOTHING(OBJ_nid2ln)
LIMIER_NOTHING(OBJ_nid2obj)
LIMIER_NOTHING(OBJ_obj2txt)
LIMIER_NOTHING(OBJ_txt2nid)
LIMIER_NOTHING(OPENSSL_sk_free)
LIMIER_NOTHING(OPENSSL_sk_num)
LIMIER_NOTHING(OPENSSL_sk_value)
LIMIER_NOTHING(PKCS7_free)
LIMIER_NOTHING(PKCS7_get0_signers)
LIMIER_NOTHING(X509_ATTRIBUTE_get0_type)
LIMIER_NOTHING(X509_NAME_oneline)
LIMIER_NOTHING(X509_digest)
LIMIER_NOTHING(X509_get0_notAfter)
LIMIER_NOTHING(X509_get0_notBefore)
LIMIER_NOTHING(X509_get_issuer_name)
LIMIER_NOTHING(X509_get_serialNumber)
LIMIER_NOTHING(X509_get_signature_nid)
LIMIER_NOTHING(X509_get_subject_name)
LIMIER_NOTHING(X509_get_version)
LIMIER_NOTHING(X509at_get_attr)
LIMIER_NOTHING(X509at_get_attr_by_NID)
LIMIER_NOTHING(i2d_ASN1_INTEGER)

}  // extern "C"
// NOLINTEND(readability-identifier-naming,bugprone-reserved-identifier)

// Here, so that whoever uses libyara is linked with what stands above.
bool limier::content::yara_is_ready() {
  static const bool kReady = yr_initialize() == ERROR_SUCCESS;
  return kReady;
}
