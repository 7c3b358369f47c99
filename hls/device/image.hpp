// An emulated xclbin: a shared object with the printed kernel, made of emulation/xclbin.cpp.
#ifndef CODESIGN_DEVICE_IMAGE_HPP
#define CODESIGN_DEVICE_IMAGE_HPP

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "xrt/xrt_uuid.h"

namespace codesign {
namespace device {

enum class Kind { read = 0, written = 1, scalar = 2 };

struct Argument {
    std::string name;
    Kind kind;
    int bank;  // of memories
};

struct Unit {
    std::string name;
    std::vector<Argument> arguments;
};

struct Bank {
    std::string tag;
    std::int64_t bytes;
};

class Image {
  public:
    // std::runtime_error for a file that is no emulated xclbin.
    explicit Image(const std::string& path);
    ~Image();
    Image(const Image&) = delete;
    Image& operator=(const Image&) = delete;

    // One launch, in this thread: empty, or what went wrong.
    std::string launch(int unit, const std::vector<void*>& memories, const std::vector<long long>& bytes, int samples);

    // Does `work` after all that was queued before, in a thread of the image: compute units take turns.
    void queue(std::function<void()> work);

    std::string kernel;
    std::vector<Unit> units;
    std::vector<Bank> banks;
    xrt::uuid uuid;

  private:
    void work();

    struct Close {
        void operator()(void* library) const;
    };

    std::unique_ptr<void, Close> library_;
    int (*launch_)(int, void* const*, const long long*, int, char*, long long);

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> queue_;
    bool ending_;
    std::thread worker_;
};

}  // namespace device
}  // namespace codesign

#endif
