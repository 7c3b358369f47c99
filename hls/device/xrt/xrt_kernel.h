// xrt::kernel and xrt::run, as XRT's native API declares them: the calls that the host uses, on a device in the host's
// own process.
#ifndef CODESIGN_DEVICE_XRT_KERNEL_H
#define CODESIGN_DEVICE_XRT_KERNEL_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "xrt_bo.h"
#include "xrt_device.h"
#include "xrt_uuid.h"

enum ert_cmd_state {
    ERT_CMD_STATE_NEW = 1,
    ERT_CMD_STATE_QUEUED = 2,
    ERT_CMD_STATE_RUNNING = 3,
    ERT_CMD_STATE_COMPLETED = 4,
    ERT_CMD_STATE_ERROR = 5,
    ERT_CMD_STATE_ABORT = 6,
    ERT_CMD_STATE_SUBMITTED = 7,
    ERT_CMD_STATE_TIMEOUT = 8,
    ERT_CMD_STATE_NORESPONSE = 9
};

namespace codesign {
namespace device {
class Kernel;
class Run;
}  // namespace device
}  // namespace codesign

namespace xrt {

class kernel;

class run {
  public:
    run() = default;
    explicit run(const kernel& kernel);

    void start();
    ert_cmd_state wait(const std::chrono::milliseconds& timeout = std::chrono::milliseconds{0}) const;
    ert_cmd_state wait(unsigned int timeout_ms) const { return wait(timeout_ms * std::chrono::milliseconds{1}); }
    ert_cmd_state state() const;

    template <typename ArgType> void set_arg(int index, ArgType&& argument) {
        set_arg_at_index(index, &argument, sizeof(argument));
    }
    void set_arg(int index, xrt::bo& buffer) { set_arg_at_index(index, buffer); }
    void set_arg(int index, const xrt::bo& buffer) { set_arg_at_index(index, buffer); }
    void set_arg(int index, xrt::bo&& buffer) { set_arg_at_index(index, buffer); }

    template <typename... Args> void operator()(Args&&... arguments) {
        set_args(0, std::forward<Args>(arguments)...);
        start();
    }

    explicit operator bool() const { return handle_ != nullptr; }

  private:
    void set_arg_at_index(int index, const void* value, std::size_t bytes);
    void set_arg_at_index(int index, const xrt::bo& buffer);

    void set_args(int) {}
    template <typename ArgType, typename... Args> void set_args(int index, ArgType&& argument, Args&&... arguments) {
        set_arg(index, std::forward<ArgType>(argument));
        set_args(index + 1, std::forward<Args>(arguments)...);
    }

    std::shared_ptr<codesign::device::Run> handle_;
};

class kernel {
  public:
    enum class cu_access_mode : std::uint8_t { exclusive = 0, shared = 1, none = 2 };

    kernel() = default;
    // `name` is that of the kernel, or "kernel:{compute unit}".
    kernel(const xrt::device& device, const xrt::uuid& xclbin, const std::string& name,
           cu_access_mode mode = cu_access_mode::shared);

    template <typename... Args> run operator()(Args&&... arguments) {
        run r(*this);
        r(std::forward<Args>(arguments)...);
        return r;
    }

    int group_id(int argument) const;

    explicit operator bool() const { return handle_ != nullptr; }

    const std::shared_ptr<codesign::device::Kernel>& get_handle() const { return handle_; }

  private:
    std::shared_ptr<codesign::device::Kernel> handle_;
};

}  // namespace xrt

#endif
