#include "image.hpp"

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace codesign {
namespace device {

namespace {

// The address of a function of the shared object.
template <class Function> Function function(void* library, const std::string& path, const char* name) {
    void* const found = dlsym(library, name);
    if (!found) throw std::runtime_error("Invalid xclbin '" + path + "': it has no " + name);
    return reinterpret_cast<Function>(found);
}

// The same bytes for the same kernel, compute units and banks.
xrt::uuid identity(const Image& image) {
    std::string text = image.kernel;
    for (const Unit& unit : image.units) {
        text += '\n' + unit.name;
        for (const Argument& a : unit.arguments) text += ',' + a.name + ':' + std::to_string(a.bank);
    }
    std::array<unsigned char, 16> bytes = {};
    std::uint64_t hash = 14695981039346656037u;  // FNV-1a
    for (std::size_t i = 0; i < text.size() + 16; ++i) {
        hash = (hash ^ (i < text.size() ? static_cast<unsigned char>(text[i]) : 0xffu)) * 1099511628211u;
        bytes[i % 16] = static_cast<unsigned char>(hash >> 32);
    }
    return xrt::uuid(bytes);
}

}  // namespace

void Image::Close::operator()(void* library) const { dlclose(library); }

Image::Image(const std::string& path) : launch_(nullptr), ending_(false) {
    // A path with no slash would be looked for in the folders of libraries.
    std::unique_ptr<char, decltype(&std::free)> whole(realpath(path.c_str(), nullptr), &std::free);
    if (!whole) throw std::runtime_error("Failed to open file '" + path + "' for reading");
    library_.reset(dlopen(whole.get(), RTLD_NOW | RTLD_LOCAL));
    if (!library_) {
        const char* const why = dlerror();
        throw std::runtime_error("Invalid xclbin '" + path + "': " + (why ? why : "it cannot be loaded"));
    }
    const auto kernel_name = function<const char* (*)()>(library_.get(), path, "codesign_kernel_name");
    const auto unit_name = function<int (*)(int, const char**)>(library_.get(), path, "codesign_compute_unit");
    const auto argument = function<int (*)(int, int, const char**, int*, int*)>(library_.get(), path, "codesign_argument");
    const auto bank = function<int (*)(int, const char**, long long*)>(library_.get(), path, "codesign_bank");
    launch_ = function<decltype(launch_)>(library_.get(), path, "codesign_launch");
    kernel = kernel_name();
    const char* name = nullptr;
    long long bytes = 0;
    while (bank(int(banks.size()), &name, &bytes)) banks.push_back(Bank{name, bytes});
    while (unit_name(int(units.size()), &name)) {
        Unit unit{name, {}};
        int kind = 0, group = -1;
        while (argument(int(units.size()), int(unit.arguments.size()), &name, &kind, &group))
            unit.arguments.push_back(Argument{name, Kind(kind), group});
        units.push_back(unit);
    }
    uuid = identity(*this);
}

Image::~Image() {
    {
        std::lock_guard<std::mutex> lock(mutex_);
        ending_ = true;
    }
    changed_.notify_all();
    if (worker_.joinable()) worker_.join();
}

std::string Image::launch(int unit, const std::vector<void*>& memories, const std::vector<long long>& bytes,
                          int samples) {
    char message[1024] = "";
    if (!launch_(unit, memories.data(), bytes.data(), samples, message, sizeof message)) return "";
    return message[0] ? message : "the kernel failed";
}

void Image::queue(std::function<void()> work) {
    std::lock_guard<std::mutex> lock(mutex_);
    queue_.push_back(std::move(work));
    if (!worker_.joinable()) worker_ = std::thread(&Image::work, this);
    changed_.notify_all();
}

void Image::work() {
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
        changed_.wait(lock, [this] { return ending_ || !queue_.empty(); });
        if (queue_.empty()) return;
        const std::function<void()> next = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        next();
        lock.lock();
    }
}

}  // namespace device
}  // namespace codesign
