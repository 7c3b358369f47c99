// hls::stream for simulation where the vendor's header is absent: a ring buffer that grows, fails loudly when it is
// read empty, and records its high-water mark. Never synthesized.
#ifndef CODESIGN_CSIM_HLS_STREAM_H
#define CODESIGN_CSIM_HLS_STREAM_H

#include <cstddef>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

namespace hls {

namespace csim {

struct Failure : std::runtime_error {
    explicit Failure(const std::string& what) : std::runtime_error(what) {}
};

// What is known of the streams of one name, over all calls.
struct Mark {
    const char* name;
    std::size_t high;  // the most beats it ever held
    std::size_t left;  // beats that nobody had read when it ceased to be
};

inline std::vector<Mark>& marks() {
    static std::vector<Mark> all;
    return all;
}

// Names are string literals, so their addresses tell them apart; `hint` remembers where one was found.
inline void note(const char* name, std::size_t high, std::size_t left) {
    std::vector<Mark>& all = marks();
    static std::size_t hint = 0;
    for (std::size_t k = 0; k < all.size(); ++k) {
        const std::size_t i = hint + k < all.size() ? hint + k : hint + k - all.size();
        if (all[i].name != name) continue;
        if (high > all[i].high) all[i].high = high;
        all[i].left += left;
        // Streams end in the reverse of their order, so the next is likely of the same array, or the neighbour.
        hint = i;
        return;
    }
    const Mark mark = {name, high, left};
    all.push_back(mark);
    hint = 0;
}

// The largest power of two that is at most N.
template <std::size_t N> struct FloorPower { static const std::size_t value = 2 * FloorPower<N / 2>::value; };
template <> struct FloorPower<1> { static const std::size_t value = 1; };
template <> struct FloorPower<0> { static const std::size_t value = 1; };

}  // namespace csim

template <class T> class stream {
  public:
    explicit stream(const char* name = "(unnamed)")
        : name_(name), ring_(reinterpret_cast<T*>(inline_)), capacity_(inline_capacity), head_(0), size_(0), high_(0) {}

    ~stream() {
        csim::note(name_, high_, size_);
        while (size_ > 0) drop();
        release();
    }

    // For the streams of an array, which cannot be given a name where they are declared.
    void rename(const char* name) { name_ = name; }

    bool empty() const { return size_ == 0; }
    bool full() const { return false; }
    std::size_t size() const { return size_; }

    void write(const T& value) {
        if (size_ == capacity_) grow();
        ::new (static_cast<void*>(ring_ + ((head_ + size_) & (capacity_ - 1)))) T(value);
        ++size_;
        if (size_ > high_) high_ = size_;
    }

    T read() {
        if (size_ == 0) throw csim::Failure(std::string("stream ") + name_ + " was read while it was empty");
        const T value(ring_[head_]);
        drop();
        return value;
    }

    void read(T& value) { value = read(); }

    bool read_nb(T& value) {
        if (size_ == 0) return false;
        value = read();
        return true;
    }

    bool write_nb(const T& value) {
        write(value);
        return true;
    }

    void operator>>(T& value) { value = read(); }
    void operator<<(const T& value) { write(value); }

  private:
    stream(const stream&);
    stream& operator=(const stream&);

    // A small stream costs nothing to make: some beats, a power of two of them, lie in the object. One kilobyte of
    // words, or a quarter of it of single elements, of which arrays have many.
    static const std::size_t inline_bytes = sizeof(T) > 8 ? 1024 : 256;
    static const std::size_t inline_capacity = sizeof(T) > 512 ? 2 : csim::FloorPower<inline_bytes / sizeof(T)>::value;

    void drop() {
        ring_[head_].~T();
        head_ = (head_ + 1) & (capacity_ - 1);
        --size_;
    }

    void grow() {
        T* bigger = static_cast<T*>(::operator new(2 * capacity_ * sizeof(T)));
        const std::size_t count = size_;
        for (std::size_t i = 0; i < count; ++i) {
            ::new (static_cast<void*>(bigger + i)) T(ring_[head_]);
            drop();
        }
        release();
        ring_ = bigger;
        capacity_ *= 2;
        head_ = 0;
        size_ = count;
    }

    void release() {
        if (ring_ != reinterpret_cast<T*>(inline_)) ::operator delete(ring_);
    }

    const char* name_;
    T* ring_;
    std::size_t capacity_;
    std::size_t head_;
    std::size_t size_;
    std::size_t high_;
    alignas(T) unsigned char inline_[inline_capacity * sizeof(T)];
};

namespace csim {

// All streams of an array are called so; the marks of that name are the highest of any of them.
template <class T, std::size_t N> void name(stream<T> (&streams)[N], const char* called) {
    for (std::size_t i = 0; i < N; ++i) streams[i].rename(called);
}

}  // namespace csim

}  // namespace hls

#endif
