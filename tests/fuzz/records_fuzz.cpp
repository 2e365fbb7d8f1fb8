// The supervisor's decoder of everything a worker can send: decoding and encoding again must give the same bytes.
#include <cstdlib>

#include "limier/sweep.h"
#include "limier/volume.h"
#include "limier/worker.h"

namespace {

using namespace limier;

template <Record T>
void round_trip(Bytes bytes) {
  if (const auto record = decode<T>(bytes)) {
    const auto again = encode(*record);
    if (!std::equal(again.begin(), again.end(), bytes.begin(), bytes.end())) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes bytes(data, size);
  round_trip<worker::Batch<catalog::VolumeRecord>>(bytes);
  round_trip<worker::Batch<catalog::NameRecord>>(bytes);
  round_trip<worker::Batch<catalog::InodeRecord>>(bytes);
  round_trip<worker::Batch<catalog::StreamRecord>>(bytes);
  round_trip<worker::Batch<catalog::ExtentRecord>>(bytes);
  round_trip<worker::Batch<catalog::BlockRange>>(bytes);
  round_trip<worker::Batch<catalog::IssueRecord>>(bytes);
  round_trip<worker::Batch<catalog::EncryptionRecord>>(bytes);
  round_trip<worker::Batch<catalog::ContentDigest>>(bytes);
  round_trip<sweep::ContainerMessage>(bytes);
  round_trip<volume::FsJob>(bytes);
  return 0;
}
