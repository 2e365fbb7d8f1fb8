#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "limier/base/crc32c.h"
#include "limier/worker.h"

namespace limier::worker {
namespace {

using namespace std::chrono_literals;

struct Pair {
  Pair() {
    int fds[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    ours = std::make_unique<Channel>(UniqueFd(fds[0]));
    raw = UniqueFd(fds[1]);
  }
  void peer_writes(const std::vector<std::uint8_t>& bytes) const {
    ASSERT_EQ(::write(raw.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  std::unique_ptr<Channel> ours;
  UniqueFd raw;
};

std::vector<std::uint8_t> one_frame(const std::vector<std::uint8_t>& payload) {
  Pair pair;
  EXPECT_TRUE(pair.ours->send(FrameType::kNames, Bytes(payload)).ok());
  std::vector<std::uint8_t> bytes(payload.size() + 12);
  EXPECT_EQ(::read(pair.raw.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  return bytes;
}

TEST(Crc32c, KnownAnswer) {
  EXPECT_EQ(crc32c(0, as_bytes("123456789")), 0xE3069283u);
}

TEST(Channel, CarriesFramesInPieces) {
  const auto frame = one_frame({1, 2, 3});
  Pair pair;
  for (const std::uint8_t byte : frame) {
    auto early = pair.ours->receive(0ms);
    ASSERT_TRUE(early.ok());
    EXPECT_FALSE(early->has_value());
    pair.peer_writes({byte});
  }
  auto got = pair.ours->receive(0ms);
  ASSERT_TRUE(got.ok() && got->has_value());
  EXPECT_EQ((*got)->type, FrameType::kNames);
  EXPECT_EQ((*got)->payload, (std::vector<std::uint8_t>{1, 2, 3}));
}

TEST(Channel, RefusesEverySingleFlippedBit) {
  const auto frame = one_frame({9, 8, 7, 6});
  for (std::size_t bit = 0; bit < frame.size() * 8; ++bit) {
    auto bad = frame;
    bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1u << (bit % 8)));
    Pair pair;
    pair.peer_writes(bad);
    pair.raw.reset();
    auto got = pair.ours->receive(10ms);
    EXPECT_FALSE(got.ok()) << "bit " << bit;
  }
}

TEST(Channel, RefusesOversizedAndEndedStreams) {
  Pair pair;
  pair.peer_writes({0xFF, 0xFF, 0xFF, 0x7F, 18, 0, 0, 0, 0, 0, 0, 0});
  EXPECT_FALSE(pair.ours->receive(10ms).ok());
  Pair ended;
  ended.raw.reset();
  EXPECT_FALSE(ended.ours->receive(10ms).ok());
}

TEST(Channel, SplitsWhatOneFrameDoesNotHold) {
  int fds[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
  Channel out{UniqueFd(fds[0])};
  Channel in{UniqueFd(fds[1])};
  std::vector<std::uint8_t> head(kMaxPayload + 5, 1), tail(2 * kMaxPayload, 2);
  std::thread sender([&] {
    EXPECT_TRUE(out.send(FrameType::kItem, Bytes(head), Bytes(tail)).ok());
    EXPECT_TRUE(out.send(FrameType::kItem, Bytes()).ok());
  });
  auto got = in.receive(5000ms);
  ASSERT_TRUE(got.ok() && got->has_value());
  head.insert(head.end(), tail.begin(), tail.end());
  EXPECT_EQ((*got)->payload, head);
  auto next = in.receive(5000ms);
  sender.join();
  ASSERT_TRUE(next.ok() && next->has_value());
  EXPECT_TRUE((*next)->payload.empty());
}

TEST(Channel, RefusesAPayloadWithoutEnd) {
  int fds[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
  Channel in{UniqueFd(fds[1])};
  const UniqueFd raw(fds[0]);
  std::vector<std::uint8_t> payload(kMaxPayload, 7);
  Encoder head;
  head.put(static_cast<std::uint32_t>(kMaxPayload));
  head.put(FrameType::kItem);
  head.put(std::uint16_t{1});
  Encoder covered;
  covered.put(FrameType::kItem);
  covered.put(true);
  head.put(crc32c(crc32c(0, covered.bytes()), Bytes(payload)));
  std::thread sender([&] {
    for (std::size_t sent = 0; sent <= kMaxMessage; sent += kMaxPayload) {
      if (::send(raw.get(), head.bytes().data(), head.size(), MSG_NOSIGNAL) < 0) return;
      for (Bytes left(payload); !left.empty();) {
        const ssize_t wrote = ::send(raw.get(), left.data(), left.size(), MSG_NOSIGNAL);
        if (wrote < 0) return;
        left = left.subspan(static_cast<std::size_t>(wrote));
      }
    }
  });
  EXPECT_FALSE(in.receive(10000ms).ok());
  shutdown(in.fd(), SHUT_RDWR);
  sender.join();
}

TEST(BatchSender, KeepsOrderAndCount) {
  int fds[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
  Channel out{UniqueFd(fds[0])};
  Channel in{UniqueFd(fds[1])};
  BatchSender<ProgressMessage> sender(out, FrameType::kProgress);
  for (std::uint64_t i = 0; i < 5000; ++i) ASSERT_TRUE(sender.add({i}).ok());
  ASSERT_TRUE(sender.flush().ok());
  std::uint64_t next = 0;
  while (next < 5000) {
    auto frame = in.receive(1000ms);
    ASSERT_TRUE(frame.ok() && frame->has_value());
    const auto batch = decode<Batch<ProgressMessage>>(Bytes((*frame)->payload));
    ASSERT_TRUE(batch.has_value());
    for (const auto& item : batch->items) EXPECT_EQ(item.done, next++);
  }
}

}  // namespace
}  // namespace limier::worker
