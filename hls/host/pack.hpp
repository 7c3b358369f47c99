// Codes as they lie in the memory of the card, and back; the layout is that of port.hpp.
#ifndef CODESIGN_HOST_PACK_HPP
#define CODESIGN_HOST_PACK_HPP

#include <cstdint>

#include "port.hpp"

namespace codesign {

inline std::int64_t byte_count(const Layout& layout, std::int64_t codes) {
    return (codes + layout.elements - 1) / layout.elements * layout.words * layout.word_bytes;
}

// Bits that are appended to bytes, the lowest first.
class BitWriter {
  public:
    explicit BitWriter(unsigned char* to) : to_(to), held_(0), count_(0) {}

    void put(std::uint64_t bits, int width) {
        if (width > 32) {
            put_few(bits & 0xffffffffu, 32);
            put_few(bits >> 32, width - 32);
        } else {
            put_few(bits, width);
        }
    }

    // Zeros up to `end`.
    void fill(const unsigned char* end) {
        for (; to_ != end; held_ >>= 8) *to_++ = static_cast<unsigned char>(held_ & 0xff);
        count_ = 0;
    }

  private:
    void put_few(std::uint64_t bits, int width) {
        held_ |= bits << count_;
        for (count_ += width; count_ >= 8; count_ -= 8, held_ >>= 8) *to_++ = static_cast<unsigned char>(held_ & 0xff);
    }

    unsigned char* to_;
    std::uint64_t held_;  // at most 7 + 32 bits
    int count_;
};

// Bits that are taken from bytes, the lowest first.
class BitReader {
  public:
    explicit BitReader(const unsigned char* from) : from_(from), held_(0), count_(0) {}

    std::uint64_t take(int width) {
        if (width <= 32) return take_few(width);
        const std::uint64_t low = take_few(32);
        return low | take_few(width - 32) << 32;
    }

  private:
    std::uint64_t take_few(int width) {
        for (; count_ < width; count_ += 8) held_ |= std::uint64_t(*from_++) << count_;
        const std::uint64_t bits = held_ & ((std::uint64_t(1) << width) - 1);
        held_ >>= width;
        count_ -= width;
        return bits;
    }

    const unsigned char* from_;
    std::uint64_t held_;
    int count_;
};

// Writes byte_count(layout, count) bytes: the codes of a batch, padded with zeros.
inline void pack(const Layout& layout, const std::int64_t* codes, std::int64_t count, unsigned char* memory) {
    const std::uint64_t mask = ~std::uint64_t(0) >> (64 - layout.width);
    for (std::int64_t done = 0; done < count; done += layout.elements) {
        for (int word = 0; word < layout.words; ++word, memory += layout.word_bytes) {
            BitWriter writer(memory);
            for (int slot = 0; slot < layout.slots; ++slot) {
                const std::int64_t element = std::int64_t(word) * layout.slots + slot;
                if (element >= layout.elements || done + element >= count) break;
                writer.put(std::uint64_t(codes[done + element]) & mask, layout.width);
            }
            writer.fill(memory + layout.word_bytes);
        }
    }
}

// The first `count` codes in memory.
inline void unpack(const Layout& layout, const unsigned char* memory, std::int64_t count, std::int64_t* codes) {
    const std::uint64_t sign = layout.is_signed ? std::uint64_t(1) << (layout.width - 1) : 0;
    for (std::int64_t done = 0; done < count; done += layout.elements) {
        for (int word = 0; word < layout.words; ++word, memory += layout.word_bytes) {
            BitReader reader(memory);
            for (int slot = 0; slot < layout.slots; ++slot) {
                const std::int64_t element = std::int64_t(word) * layout.slots + slot;
                if (element >= layout.elements || done + element >= count) break;
                const std::uint64_t bits = reader.take(layout.width);
                codes[done + element] = std::int64_t((bits ^ sign) - sign);
            }
        }
    }
}

}  // namespace codesign

#endif
