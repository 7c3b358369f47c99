// xrt::uuid, as XRT's native API declares it, of the device that runs in the host's own process.
#ifndef CODESIGN_DEVICE_XRT_UUID_H
#define CODESIGN_DEVICE_XRT_UUID_H

#include <array>

namespace xrt {

class uuid {
  public:
    uuid() : bytes_() {}
    explicit uuid(const std::array<unsigned char, 16>& bytes) : bytes_(bytes) {}

    explicit operator bool() const { return bytes_ != std::array<unsigned char, 16>(); }
    bool operator==(const uuid& other) const { return bytes_ == other.bytes_; }
    bool operator!=(const uuid& other) const { return bytes_ != other.bytes_; }

  private:
    std::array<unsigned char, 16> bytes_;
};

}  // namespace xrt

#endif
