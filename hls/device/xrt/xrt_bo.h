// xrt::bo, as XRT's native API declares it: the calls that the host uses, on a device in the host's own process.
#ifndef CODESIGN_DEVICE_XRT_BO_H
#define CODESIGN_DEVICE_XRT_BO_H

#include <cstddef>
#include <cstdint>
#include <memory>

#include "xrt_device.h"

enum xclBOSyncDirection { XCL_BO_SYNC_BO_TO_DEVICE = 0, XCL_BO_SYNC_BO_FROM_DEVICE = 1 };

typedef std::uint32_t xrtMemoryGroup;

namespace codesign {
namespace device {
class Buffer;
}
}  // namespace codesign

namespace xrt {

using memory_group = xrtMemoryGroup;

// Memory of the host and memory of the device: sync copies from the one to the other.
class bo {
  public:
    enum class flags : std::uint32_t { normal = 0 };

    bo() = default;
    bo(const xrt::device& device, std::size_t size, bo::flags flags, memory_group group);
    bo(const xrt::device& device, std::size_t size, memory_group group) : bo(device, size, flags::normal, group) {}

    explicit operator bool() const { return handle_ != nullptr; }
    std::size_t size() const;

    void sync(xclBOSyncDirection direction, std::size_t size, std::size_t offset);
    void sync(xclBOSyncDirection direction) { sync(direction, size(), 0); }

    void* map();
    template <typename MapType> MapType map() { return reinterpret_cast<MapType>(map()); }

    void write(const void* source, std::size_t size, std::size_t seek);
    void write(const void* source) { write(source, size(), 0); }
    void read(void* destination, std::size_t size, std::size_t skip);
    void read(void* destination) { read(destination, size(), 0); }

    const std::shared_ptr<codesign::device::Buffer>& get_handle() const { return handle_; }

  private:
    std::shared_ptr<codesign::device::Buffer> handle_;
};

}  // namespace xrt

#endif
