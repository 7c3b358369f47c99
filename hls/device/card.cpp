#include "card.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace codesign {
namespace device {

namespace {

// Never destroyed, so that objects may end after it; atomic, since a host may use several threads.
std::array<std::atomic<int>, 4>& counts() {
    static auto& all = *new std::array<std::atomic<int>, 4>();
    return all;
}

// Guards what buffers and cards share.
std::mutex& guard() {
    static auto& mutex = *new std::mutex();
    return mutex;
}

void tell_what_is_open() {
    const Open left = open();
    if (left.devices || left.buffers || left.kernels || left.runs) {
        std::fprintf(stderr, "in-process device: left open: %d devices, %d buffers, %d kernels, %d runs\n", left.devices,
                     left.buffers, left.kernels, left.runs);
    }
}

[[noreturn]] void refuse(const std::string& what) { throw std::runtime_error(what); }

std::shared_ptr<Image> loaded(const std::shared_ptr<Card>& card) {
    if (!card) refuse("the device is not open");
    if (!card->image) refuse("no xclbin is loaded on the device");
    return card->image;
}

}  // namespace

Open open() { return Open{counts()[0].load(), counts()[1].load(), counts()[2].load(), counts()[3].load()}; }

Counted::Counted(Thing thing) : thing_(thing) {
    static const int registered = std::atexit(tell_what_is_open);
    (void)registered;
    ++counts()[std::size_t(thing_)];
}

Counted::~Counted() { --counts()[std::size_t(thing_)]; }

Buffer::Buffer(std::shared_ptr<Card> of, std::size_t size, int in)
    : card(std::move(of)), image(loaded(card)), bank(in), counted_(Thing::buffer) {
    if (size == 0) refuse("a buffer of 0 bytes");
    if (bank < 0 || std::size_t(bank) >= image->banks.size()) {
        refuse("there is no memory bank " + std::to_string(bank) + " in the xclbin");
    }
    const Bank& memory = image->banks[std::size_t(bank)];
    std::lock_guard<std::mutex> lock(guard());
    if (std::int64_t(size) > memory.bytes - card->used[bank]) {
        refuse("failed to allocate a buffer of " + std::to_string(size) + " bytes: of the " +
               std::to_string(memory.bytes) + " bytes of " + memory.tag + ", " + std::to_string(card->used[bank]) +
               " are in use");
    }
    // Not zeros: what was never written or never copied is not to look like a result.
    host.assign(size, 0xa5);
    device.assign(size, 0x5a);
    card->used[bank] += std::int64_t(size);
}

Buffer::~Buffer() {
    std::lock_guard<std::mutex> lock(guard());
    card->used[bank] -= std::int64_t(device.size());
}

Kernel::Kernel(std::shared_ptr<Card> of, const xrt::uuid& uuid, const std::string& name)
    : card(std::move(of)), image(loaded(card)), index(-1), counted_(Thing::kernel) {
    if (uuid != image->uuid) refuse("the xclbin of that uuid is not the one that is loaded on the device");
    const std::size_t brace = name.find(":{");
    const bool chosen = brace != std::string::npos && name.back() == '}';
    if (name.substr(0, brace) == image->kernel) {
        for (std::size_t i = 0; i < image->units.size(); ++i) {
            if (chosen && image->units[i].name != name.substr(brace + 2, name.size() - brace - 3)) continue;
            if (index >= 0) refuse("the in-process device has kernels of one compute unit, as in \"" + image->kernel +
                                   ":{" + image->units[0].name + "}\"");
            index = int(i);
        }
    }
    if (index < 0) refuse("No compute units matching '" + name + "'; the xclbin has the kernel " + image->kernel);
    std::lock_guard<std::mutex> lock(guard());
    ++card->kernels;
}

Kernel::~Kernel() {
    std::lock_guard<std::mutex> lock(guard());
    --card->kernels;
}

const Argument& Kernel::argument(int number) const {
    if (number < 0 || std::size_t(number) >= unit().arguments.size()) {
        refuse("compute unit " + unit().name + " has no argument " + std::to_string(number));
    }
    return unit().arguments[std::size_t(number)];
}

Run::Run(std::shared_ptr<Kernel> kernel)
    : kernel_(std::move(kernel)), state_(ERT_CMD_STATE_NEW), counted_(Thing::run) {
    if (!kernel_) refuse("a run of no kernel");
    buffers_.resize(kernel_->unit().arguments.size());
    scalars_.resize(buffers_.size());
    given_.resize(buffers_.size());
}

Run::~Run() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return !busy(); });
}

void Run::set(int number, const void* value, std::size_t bytes) {
    const Argument& argument = kernel_->argument(number);
    if (argument.kind != Kind::scalar) refuse("argument " + argument.name + " is a memory, and was given a number");
    if (bytes != sizeof(int)) {
        refuse("argument " + argument.name + " has " + std::to_string(sizeof(int)) + " bytes, and was given " +
               std::to_string(bytes));
    }
    std::lock_guard<std::mutex> lock(mutex_);
    if (busy()) refuse("argument " + argument.name + " was set during a launch");
    std::memcpy(&scalars_[std::size_t(number)], value, bytes);
    given_[std::size_t(number)] = true;
}

void Run::set(int number, const std::shared_ptr<Buffer>& buffer) {
    const Argument& argument = kernel_->argument(number);
    if (argument.kind == Kind::scalar) refuse("argument " + argument.name + " is a number, and was given a buffer");
    if (!buffer) refuse("argument " + argument.name + " was given an empty buffer");
    if (buffer->card != kernel_->card) refuse("argument " + argument.name + " was given a buffer of another device");
    if (buffer->bank != argument.bank) {
        refuse("Kernel " + kernel_->image->kernel + " has no compute units with connectivity required for global " +
               "argument at index " + std::to_string(number) + ": the buffer is in bank " +
               std::to_string(buffer->bank) + ", the compute unit is connected to bank " +
               std::to_string(argument.bank));
    }
    std::lock_guard<std::mutex> lock(mutex_);
    if (busy()) refuse("argument " + argument.name + " was set during a launch");
    buffers_[std::size_t(number)] = buffer;
    given_[std::size_t(number)] = true;
}

void Run::start() {
    {
        std::lock_guard<std::mutex> lock(mutex_);
        if (busy()) refuse("compute unit " + kernel_->unit().name + " was started before its last launch was done");
        for (std::size_t i = 0; i < given_.size(); ++i)
            if (!given_[i]) refuse("argument " + kernel_->unit().arguments[i].name + " was not set before the launch");
        state_ = ERT_CMD_STATE_QUEUED;
        std::lock_guard<std::mutex> shared(guard());
        for (const auto& buffer : buffers_)
            if (buffer) ++buffer->running;
    }
    kernel_->image->queue([this] { launch(); });
}

void Run::launch() {
    {
        std::lock_guard<std::mutex> lock(mutex_);
        state_ = ERT_CMD_STATE_RUNNING;
    }
    std::vector<void*> memories;
    std::vector<long long> bytes;
    int samples = 0;
    for (std::size_t i = 0; i < buffers_.size(); ++i) {
        if (buffers_[i]) {
            memories.push_back(buffers_[i]->device.data());
            bytes.push_back((long long)(buffers_[i]->device.size()));
        } else {
            samples = scalars_[i];
        }
    }
    const std::string problem = kernel_->image->launch(kernel_->index, memories, bytes, samples);
    if (!problem.empty()) {
        std::fprintf(stderr, "in-process device: compute unit %s: %s\n", kernel_->unit().name.c_str(), problem.c_str());
    }
    // Notified under the lock: the run may be gone as soon as it is released.
    std::lock_guard<std::mutex> lock(mutex_);
    {
        std::lock_guard<std::mutex> shared(guard());
        for (const auto& buffer : buffers_)
            if (buffer) --buffer->running;
    }
    state_ = problem.empty() ? ERT_CMD_STATE_COMPLETED : ERT_CMD_STATE_ERROR;
    changed_.notify_all();
}

ert_cmd_state Run::wait(std::chrono::milliseconds timeout) {
    std::unique_lock<std::mutex> lock(mutex_);
    if (state_ == ERT_CMD_STATE_NEW) refuse("compute unit " + kernel_->unit().name + " was waited for before its start");
    const auto done = [this] { return !busy(); };
    if (timeout.count() == 0) changed_.wait(lock, done);
    else if (!changed_.wait_for(lock, timeout, done)) return ERT_CMD_STATE_TIMEOUT;
    return state_;
}

ert_cmd_state Run::state() {
    std::lock_guard<std::mutex> lock(mutex_);
    return state_;
}

}  // namespace device
}  // namespace codesign

// --- the native API

namespace xrt {

using codesign::device::Buffer;
using codesign::device::Card;
using codesign::device::Kernel;
using codesign::device::Run;
using codesign::device::guard;
using codesign::device::refuse;

device::device(unsigned int index) {
    if (index != 0) refuse("Could not open device with index '" + std::to_string(index) + "'");
    handle_ = std::make_shared<Card>();
}

uuid device::load_xclbin(const std::string& path) {
    if (!handle_) refuse("the device is not open");
    const auto image = std::make_shared<codesign::device::Image>(path);
    std::lock_guard<std::mutex> lock(guard());
    if (handle_->kernels) refuse("Failed to load xclbin: Device or resource busy");
    handle_->image = image;
    return image->uuid;
}

uuid device::get_xclbin_uuid() const { return codesign::device::loaded(handle_)->uuid; }

bo::bo(const xrt::device& device, std::size_t size, bo::flags, memory_group group)
    : handle_(std::make_shared<Buffer>(device.get_handle(), size, int(group))) {}

std::size_t bo::size() const {
    if (!handle_) refuse("an empty buffer");
    return handle_->host.size();
}

void bo::sync(xclBOSyncDirection direction, std::size_t size, std::size_t offset) {
    if (size > this->size() || offset > this->size() - size) refuse("attempting to sync past buffer size");
    std::lock_guard<std::mutex> lock(guard());
    if (handle_->running) refuse("a buffer was synced while a launch used it");
    unsigned char *host = handle_->host.data() + offset, *device = handle_->device.data() + offset;
    if (direction == XCL_BO_SYNC_BO_TO_DEVICE) std::copy(host, host + size, device);
    else std::copy(device, device + size, host);
}

void* bo::map() {
    if (!handle_) refuse("an empty buffer");
    return handle_->host.data();
}

void bo::write(const void* source, std::size_t size, std::size_t seek) {
    if (size > this->size() || seek > this->size() - size) refuse("attempting to write past buffer size");
    std::memcpy(handle_->host.data() + seek, source, size);
}

void bo::read(void* destination, std::size_t size, std::size_t skip) {
    if (size > this->size() || skip > this->size() - size) refuse("attempting to read past buffer size");
    std::memcpy(destination, handle_->host.data() + skip, size);
}

kernel::kernel(const xrt::device& device, const xrt::uuid& xclbin, const std::string& name, cu_access_mode)
    : handle_(std::make_shared<Kernel>(device.get_handle(), xclbin, name)) {}

int kernel::group_id(int argument) const {
    if (!handle_) refuse("an empty kernel");
    const codesign::device::Argument& found = handle_->argument(argument);
    if (found.kind == codesign::device::Kind::scalar) refuse("argument " + found.name + " is a number: it has no memory");
    return found.bank;
}

run::run(const kernel& kernel) : handle_(std::make_shared<Run>(kernel.get_handle())) {}

namespace {
Run& open(const std::shared_ptr<Run>& handle) {
    if (!handle) refuse("an empty run");
    return *handle;
}
}  // namespace

void run::start() { open(handle_).start(); }

ert_cmd_state run::wait(const std::chrono::milliseconds& timeout) const { return open(handle_).wait(timeout); }

ert_cmd_state run::state() const { return open(handle_).state(); }

void run::set_arg_at_index(int index, const void* value, std::size_t bytes) { open(handle_).set(index, value, bytes); }

void run::set_arg_at_index(int index, const xrt::bo& buffer) { open(handle_).set(index, buffer.get_handle()); }

}  // namespace xrt
