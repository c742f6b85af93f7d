// SPDX-License-Identifier: Apache-2.0
//
// A layer between a program and the system's calls that write files (LD_PRELOAD): it counts them over all threads, and
// makes one of them fail, or kills the process there. Pipes, terminals and sockets are left alone. Set by the
// environment:
//
//   TRUCE_FAULT_AT    number of the call, from 1; 0 or unset: none, calls are only counted
//   TRUCE_FAULT_HOW   eio, enospc (half of the bytes are written), full (from this call on none has room), kill (half
//   of the bytes are
//                     written, then SIGKILL), power (SIGKILL before the call)
//   TRUCE_FAULT_LOG   file that gets one line "NUMBER CALL PATH" for each call; its own writing is not counted
//
// Used by every_write.py.

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

std::atomic<long> calls{0};

// What the environment asks for; read once.
struct Plan {
  long at = 0;
  enum class How { kEio, kEnospc, kFull, kKill, kPower } how = How::kEio;
  int log = -1;

  Plan() {
    if (const char* s = std::getenv("TRUCE_FAULT_AT")) at = std::atol(s);
    if (const char* s = std::getenv("TRUCE_FAULT_HOW")) {
      if (std::strcmp(s, "enospc") == 0) how = How::kEnospc;
      if (std::strcmp(s, "full") == 0) how = How::kFull;
      if (std::strcmp(s, "kill") == 0) how = How::kKill;
      if (std::strcmp(s, "power") == 0) how = How::kPower;
    }
    if (const char* s = std::getenv("TRUCE_FAULT_LOG"))
      log = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, s, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  }
};

const Plan& plan() {
  static const Plan p;
  return p;
}

template <typename F>
F* real(const char* name) {
  return reinterpret_cast<F*>(::dlsym(RTLD_NEXT, name));
}

bool is_file(int fd) {
  struct stat s {};
  return ::fstat(fd, &s) == 0 && (S_ISREG(s.st_mode) || S_ISDIR(s.st_mode));
}

void note(long n, const char* call, const char* path, int fd) {
  if (plan().log < 0) return;
  char target[512] = "";
  if (path == nullptr) {
    char link[64];
    std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const ssize_t got = ::readlink(link, target, sizeof target - 1);
    target[got < 0 ? 0 : got] = 0;
    path = target;
  }
  char line[640];
  const int size = std::snprintf(line, sizeof line, "%ld %s %s\n", n, call, path);
  ::syscall(SYS_write, plan().log, line, static_cast<size_t>(size));
}

// A full disk still lets files be removed, renamed, made smaller and synced.
bool takes_room(const char* call) {
  for (const char* name : {"write", "pwrite", "writev", "open", "openat", "mkdir", "fallocate", "link", "symlink"})
    if (std::strcmp(call, name) == 0) return true;
  return false;
}

// Whether this call is to fail: counts it. A killed process does not return.
bool fails(const char* call, const char* path, int fd) {
  const int saved = errno;
  const long n = ++calls;
  note(n, call, path, fd);
  errno = saved;
  if (plan().how == Plan::How::kFull) return plan().at > 0 && plan().at <= n && takes_room(call);
  if (plan().at != n) return false;
  if (plan().how == Plan::How::kPower) ::kill(::getpid(), SIGKILL);
  return true;
}

// After what was to be done in part.
int failed() {
  if (plan().how == Plan::How::kKill) ::kill(::getpid(), SIGKILL);
  errno = plan().how == Plan::How::kEio ? EIO : ENOSPC;
  return -1;
}

bool in_part() {
  return plan().how == Plan::How::kEnospc || plan().how == Plan::How::kKill;
}

int open_call(const char* name, int folder, const char* path, int flags, mode_t mode) {
  if ((flags & (O_CREAT | O_TRUNC)) != 0 && fails(name, path, -1)) return failed();
  return static_cast<int>(::syscall(SYS_openat, folder, path, flags, mode));
}

mode_t mode_of(int flags, va_list args) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(args, mode_t) : 0;
}

}  // namespace

// NOLINTBEGIN: the names and types are the C library's.
extern "C" {

ssize_t write(int fd, const void* bytes, size_t size) {
  if (is_file(fd) && fails("write", nullptr, fd)) {
    if (in_part() && size > 1) ::syscall(SYS_write, fd, bytes, size / 2);
    return failed();
  }
  return ::syscall(SYS_write, fd, bytes, size);
}

ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t offset) {
  if (is_file(fd) && fails("pwrite", nullptr, fd)) {
    if (in_part() && size > 1) ::syscall(SYS_pwrite64, fd, bytes, size / 2, offset);
    return failed();
  }
  return ::syscall(SYS_pwrite64, fd, bytes, size, offset);
}
ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) {
  return pwrite64(fd, bytes, size, offset);
}

ssize_t writev(int fd, const struct iovec* parts, int count) {
  if (is_file(fd) && fails("writev", nullptr, fd)) {
    if (in_part() && count > 0) ::syscall(SYS_write, fd, parts[0].iov_base, parts[0].iov_len / 2);
    return failed();
  }
  return ::syscall(SYS_writev, fd, parts, count);
}

int fsync(int fd) {
  return fails("fsync", nullptr, fd) ? failed() : static_cast<int>(::syscall(SYS_fsync, fd));
}
int fdatasync(int fd) {
  return fails("fdatasync", nullptr, fd) ? failed() : static_cast<int>(::syscall(SYS_fdatasync, fd));
}
int syncfs(int fd) {
  return fails("syncfs", nullptr, fd) ? failed() : static_cast<int>(::syscall(SYS_syncfs, fd));
}
int ftruncate64(int fd, off64_t size) {
  return fails("ftruncate", nullptr, fd) ? failed() : static_cast<int>(::syscall(SYS_ftruncate, fd, size));
}
int ftruncate(int fd, off_t size) {
  return ftruncate64(fd, size);
}
int fallocate64(int fd, int mode, off64_t offset, off64_t size) {
  return fails("fallocate", nullptr, fd) ? failed()
                                         : static_cast<int>(::syscall(SYS_fallocate, fd, mode, offset, size));
}
int posix_fallocate64(int fd, off64_t offset, off64_t size) {
  return fallocate64(fd, 0, offset, size) == 0 ? 0 : errno;
}
int fchmod(int fd, mode_t mode) {
  return fails("fchmod", nullptr, fd) ? failed() : static_cast<int>(::syscall(SYS_fchmod, fd, mode));
}

int rename(const char* from, const char* to) {
  return fails("rename", to, -1) ? failed() : static_cast<int>(::syscall(SYS_rename, from, to));
}
int link(const char* from, const char* to) {
  return fails("link", to, -1) ? failed() : static_cast<int>(::syscall(SYS_link, from, to));
}
int symlink(const char* from, const char* to) {
  return fails("symlink", to, -1) ? failed() : static_cast<int>(::syscall(SYS_symlink, from, to));
}
int unlink(const char* path) {
  return fails("unlink", path, -1) ? failed() : static_cast<int>(::syscall(SYS_unlink, path));
}
int rmdir(const char* path) {
  return fails("rmdir", path, -1) ? failed() : static_cast<int>(::syscall(SYS_rmdir, path));
}
int remove(const char* path) {
  if (fails("remove", path, -1)) return failed();
  if (::syscall(SYS_unlink, path) == 0) return 0;
  return errno == EISDIR ? static_cast<int>(::syscall(SYS_rmdir, path)) : -1;
}
int unlinkat(int folder, const char* path, int flags) {
  return fails("unlinkat", path, -1) ? failed() : static_cast<int>(::syscall(SYS_unlinkat, folder, path, flags));
}
int mkdir(const char* path, mode_t mode) {
  return fails("mkdir", path, -1) ? failed() : static_cast<int>(::syscall(SYS_mkdir, path, mode));
}

int open64(const char* path, int flags, ...) {
  va_list args;
  va_start(args, flags);
  const mode_t mode = mode_of(flags, args);
  va_end(args);
  return open_call("open", AT_FDCWD, path, flags, mode);
}
int open(const char* path, int flags, ...) {
  va_list args;
  va_start(args, flags);
  const mode_t mode = mode_of(flags, args);
  va_end(args);
  return open_call("open", AT_FDCWD, path, flags, mode);
}
int openat64(int folder, const char* path, int flags, ...) {
  va_list args;
  va_start(args, flags);
  const mode_t mode = mode_of(flags, args);
  va_end(args);
  return open_call("openat", folder, path, flags, mode);
}
int openat(int folder, const char* path, int flags, ...) {
  va_list args;
  va_start(args, flags);
  const mode_t mode = mode_of(flags, args);
  va_end(args);
  return open_call("openat", folder, path, flags, mode);
}

}  // extern "C"
// NOLINTEND
