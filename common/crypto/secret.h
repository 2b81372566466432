// Key material that is wiped when it goes.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace ruraledu::crypto {

// Overwrites the bytes of `text` in a way the compiler cannot remove, and empties it.
void Wipe(std::string& text);

// A byte string that is wiped on destruction, has no output operator and does not compare, so that it cannot end in a
// log line by accident. The bytes never leave the heap block they were put in.
class Secret {
 public:
  Secret() = default;
  // Takes a copy; the caller wipes its own.
  explicit Secret(std::string_view bytes) : bytes_(std::make_unique<std::string>(bytes)) {}
  ~Secret() { Clear(); }
  Secret(Secret&& other) noexcept = default;
  Secret& operator=(Secret&& other) noexcept {
    Clear();
    bytes_ = std::move(other.bytes_);
    return *this;
  }

  std::string_view bytes() const { return bytes_ ? std::string_view(*bytes_) : std::string_view(); }

 private:
  void Clear() {
    if (bytes_) {
      Wipe(*bytes_);
    }
  }
  std::unique_ptr<std::string> bytes_;  // behind a pointer: a moved short string would leave its bytes behind
};

}  // namespace ruraledu::crypto
