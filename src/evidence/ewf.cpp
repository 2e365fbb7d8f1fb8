#include "evidence/ewf.h"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>
#include <map>
#include <optional>
#include <type_traits>

#include "evidence/ewf_format.h"
#include "evidence/positional.h"

namespace limier::evidence {
namespace {

FdSource& source_of(intptr_t* io_handle) {
  return *reinterpret_cast<FdSource*>(io_handle);
}

// libbfio's callbacks. They are called through C frames: nothing here throws or allocates.
int on_free(intptr_t** io_handle, libbfio_error_t**) {
  *io_handle = nullptr;  // the EwfHandle owns the source
  return 1;
}
int on_clone(intptr_t**, intptr_t*, libbfio_error_t**) {
  return -1;
}
int on_open(intptr_t* io_handle, int access_flags, libbfio_error_t**) {
  if ((access_flags & kBfioWrite) != 0) return -1;
  source_of(io_handle).open = true;
  source_of(io_handle).position = 0;
  return 1;
}
int on_close(intptr_t* io_handle, libbfio_error_t**) {
  source_of(io_handle).open = false;
  return 0;
}
ssize_t on_read(intptr_t* io_handle, std::uint8_t* buffer, std::size_t size, libbfio_error_t**) {
  FdSource& source = source_of(io_handle);
  if (source.position >= source.size_bytes) return 0;
  size = static_cast<std::size_t>(std::min<std::uint64_t>(size, source.size_bytes - source.position));
  const ReadAt got = read_at(source.fd, source.position, {buffer, size});
  if (got.failed && got.length == 0) return -1;
  source.position += got.length;
  return static_cast<ssize_t>(got.length);
}
ssize_t on_write(intptr_t*, const std::uint8_t*, std::size_t, libbfio_error_t**) {
  return -1;
}
off64_t on_seek(intptr_t* io_handle, off64_t offset, int whence, libbfio_error_t**) {
  FdSource& source = source_of(io_handle);
  std::int64_t from = 0;
  if (whence == SEEK_CUR) from = static_cast<std::int64_t>(source.position);
  if (whence == SEEK_END) from = static_cast<std::int64_t>(source.size_bytes);
  std::int64_t target = 0;
  if (__builtin_add_overflow(from, std::int64_t{offset}, &target) || target < 0) return -1;
  source.position = static_cast<std::uint64_t>(target);
  return target;
}
int on_exists(intptr_t*, libbfio_error_t**) {
  return 1;
}
int on_is_open(intptr_t* io_handle, libbfio_error_t**) {
  return source_of(io_handle).open ? 1 : 0;
}
int on_get_size(intptr_t* io_handle, size64_t* size, libbfio_error_t**) {
  *size = source_of(io_handle).size_bytes;
  return 1;
}

}  // namespace

std::string take_error(libewf_error_t*& error) {
  std::array<char, 512> text{};
  if (error != nullptr) libewf_error_sprint(error, text.data(), text.size());
  libewf_error_free(&error);
  error = nullptr;
  std::string out(text.data());
  while (!out.empty() && (out.back() == '\n' || out.back() == '.')) out.pop_back();
  return out.empty() ? "no reason given" : out;
}

const Bfio* bfio() {
  static const std::optional<Bfio> functions = []() -> std::optional<Bfio> {
    // Loaded with the program: nothing is opened here.
    void* library = dlopen("libewf.so.2", RTLD_LAZY | RTLD_NOLOAD);
    if (library == nullptr) return std::nullopt;
    Bfio found;
    bool all = true;
    const auto look_up = [&](auto& function, const char* name) {
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(library, name));
      all = all && function != nullptr;
    };
    look_up(found.handle_initialize, "libbfio_handle_initialize");
    look_up(found.handle_free, "libbfio_handle_free");
    look_up(found.pool_initialize, "libbfio_pool_initialize");
    look_up(found.pool_free, "libbfio_pool_free");
    look_up(found.pool_append_handle, "libbfio_pool_append_handle");
    look_up(found.pool_close_all, "libbfio_pool_close_all");
    return all ? std::optional(found) : std::nullopt;
  }();
  return functions ? &*functions : nullptr;
}

std::string libewf_version() {
  return libewf_get_version();
}

Status EwfHandle::add_source(int fd, std::uint64_t size_bytes) {
  if (size_bytes > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    return Error{ErrorKind::kEvidence, "A segment is larger than any file."};
  sources_.push_back(std::make_unique<FdSource>(FdSource{fd, size_bytes, 0, false}));
  libbfio_handle_t* io = nullptr;
  libewf_error_t* error = nullptr;
  int entry = 0;
  if (bfio()->handle_initialize(&io, reinterpret_cast<intptr_t*>(sources_.back().get()), on_free, on_clone, on_open,
                                on_close, on_read, on_write, on_seek, on_exists, on_is_open, on_get_size,
                                kBfioNotManaged, &error) != 1)
    return Error{ErrorKind::kInternal, "libewf cannot be given a file: " + take_error(error) + "."};
  if (bfio()->pool_append_handle(pool_, &entry, io, kBfioRead, &error) != 1) {
    bfio()->handle_free(&io, nullptr);
    return Error{ErrorKind::kInternal, "libewf cannot be given a file: " + take_error(error) + "."};
  }
  return ok_status();
}

Result<std::unique_ptr<EwfHandle>> EwfHandle::open(const EvidenceSpec& spec, const std::vector<int>& fds) {
  std::map<std::uint16_t, std::size_t> by_number;
  for (std::size_t i = 0; i < spec.segments.size(); ++i)
    if (const auto number = read_segment_number(fds[i])) by_number.emplace(*number, i);
  std::unique_ptr<EwfHandle> self(new EwfHandle());
  libewf_error_t* error = nullptr;
  const auto refused = [&] {
    return Error{ErrorKind::kEvidence,
                 spec.segments[0].name + " has an EWF signature but cannot be opened: " + take_error(error) + "."};
  };
  if (bfio() == nullptr)
    return Error{ErrorKind::kInternal, "libewf does not take files that others have opened: it was built without it."};
  if (libewf_handle_initialize(&self->handle_, &error) != 1) return refused();
  if (bfio()->pool_initialize(&self->pool_, 0, kBfioUnlimitedOpen, &error) != 1) return refused();
  std::uint32_t expected = 1;
  for (const auto& [number, index] : by_number) {
    if (number != expected) break;
    ++expected;
    LIMIER_CHECK(self->add_source(fds[index], spec.segments[index].size_bytes));
  }
  if (self->sources_.empty())
    return Error{ErrorKind::kEvidence,
                 "Segment 1 of the set that " + spec.segments[0].name + " belongs to is missing."};
  if (libewf_handle_open_file_io_pool(self->handle_, self->pool_, LIBEWF_ACCESS_FLAG_READ, &error) != 1)
    return refused();
  return self;
}

EwfHandle::~EwfHandle() {
  if (handle_ != nullptr) {
    libewf_handle_close(handle_, nullptr);
    libewf_handle_free(&handle_, nullptr);
  }
  if (pool_ != nullptr) {
    bfio()->pool_close_all(pool_, nullptr);
    bfio()->pool_free(&pool_, nullptr);
  }
}

}  // namespace limier::evidence
