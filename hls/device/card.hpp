// What the handles of the in-process device refer to, and what of it is open.
#ifndef CODESIGN_DEVICE_CARD_HPP
#define CODESIGN_DEVICE_CARD_HPP

#include <condition_variable>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "image.hpp"
#include "open.hpp"
#include "xrt/xrt_bo.h"
#include "xrt/xrt_kernel.h"

namespace codesign {
namespace device {

enum class Thing { device, buffer, kernel, run };

// Counts what is open, and tells on the standard error at the end of the process what was left so.
class Counted {
  public:
    explicit Counted(Thing thing);
    ~Counted();
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;

  private:
    const Thing thing_;
};

class Card {
  public:
    Card() : counted_(Thing::device) {}

    std::shared_ptr<Image> image;
    std::map<int, std::int64_t> used;  // bytes of each bank
    int kernels = 0;                   // that are open

  private:
    Counted counted_;
};

class Buffer {
  public:
    Buffer(std::shared_ptr<Card> card, std::size_t size, int bank);
    ~Buffer();
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;

    const std::shared_ptr<Card> card;
    const std::shared_ptr<Image> image;
    const int bank;
    std::vector<unsigned char> host, device;
    int running = 0;  // runs that use it

  private:
    Counted counted_;
};

class Kernel {
  public:
    Kernel(std::shared_ptr<Card> card, const xrt::uuid& uuid, const std::string& name);
    ~Kernel();
    Kernel(const Kernel&) = delete;
    Kernel& operator=(const Kernel&) = delete;

    const Unit& unit() const { return image->units[std::size_t(index)]; }
    const Argument& argument(int number) const;

    const std::shared_ptr<Card> card;
    const std::shared_ptr<Image> image;
    int index;

  private:
    Counted counted_;
};

class Run {
  public:
    explicit Run(std::shared_ptr<Kernel> kernel);
    // Waits until the launch is done.
    ~Run();
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    void set(int number, const void* value, std::size_t bytes);
    void set(int number, const std::shared_ptr<Buffer>& buffer);
    void start();
    ert_cmd_state wait(std::chrono::milliseconds timeout);
    ert_cmd_state state();

  private:
    void launch();
    bool busy() const { return state_ == ERT_CMD_STATE_QUEUED || state_ == ERT_CMD_STATE_RUNNING; }

    const std::shared_ptr<Kernel> kernel_;
    std::vector<std::shared_ptr<Buffer>> buffers_;  // by argument, null for scalars
    std::vector<int> scalars_;
    std::vector<bool> given_;
    std::mutex mutex_;
    std::condition_variable changed_;
    ert_cmd_state state_;
    Counted counted_;
};

}  // namespace device
}  // namespace codesign

#endif
