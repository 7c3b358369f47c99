// xrt::device, as XRT's native API declares it: the calls that the host uses, on a device in the host's own process.
#ifndef CODESIGN_DEVICE_XRT_DEVICE_H
#define CODESIGN_DEVICE_XRT_DEVICE_H

// How programs know that this is no card.
#define CODESIGN_IN_PROCESS

#include <memory>
#include <string>

#include "xrt_uuid.h"

namespace codesign {
namespace device {
class Card;
}
}  // namespace codesign

namespace xrt {

class device {
  public:
    device() = default;
    // There is one device, number 0; std::runtime_error for others.
    explicit device(unsigned int index);
    explicit device(int index) : device(static_cast<unsigned int>(index)) {}

    // Loads an emulated xclbin, which is a shared object; std::runtime_error for a file that is none.
    uuid load_xclbin(const std::string& path);
    uuid get_xclbin_uuid() const;

    explicit operator bool() const { return handle_ != nullptr; }

    const std::shared_ptr<codesign::device::Card>& get_handle() const { return handle_; }

  private:
    std::shared_ptr<codesign::device::Card> handle_;
};

}  // namespace xrt

#endif
