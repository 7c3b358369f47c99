// Codes as they lie in the memory of the card, and back; the layout is that of port.hpp.
#ifndef CODESIGN_HOST_PACK_HPP
#define CODESIGN_HOST_PACK_HPP

#include <cstdint>
#include <cstring>

#include "port.hpp"

namespace codesign {

inline std::int64_t byte_count(const Layout& layout, std::int64_t codes) {
    return (codes + layout.elements - 1) / layout.elements * layout.words * layout.word_bytes;
}

// Bits that are appended to words of 32 bits, the lowest first.
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

    // Zeros up to `end`, a whole number of words of 32 bits away.
    void fill(unsigned char* end) {
        for (; to_ != end; count_ = 0) flush();
    }

  private:
    void put_few(std::uint64_t bits, int width) {
        held_ |= bits << count_;
        count_ += width;
        if (count_ >= 32) {
            flush();
            count_ -= 32;
        }
    }

    void flush() {
        const std::uint32_t word = std::uint32_t(held_);
        std::memcpy(to_, &word, sizeof word);
        to_ += sizeof word;
        held_ >>= 32;
    }

    unsigned char* to_;
    std::uint64_t held_;  // at most 31 + 32 bits
    int count_;
};

// Bits that are taken from words of 32 bits, the lowest first.
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
        if (count_ < width) {
            std::uint32_t word;
            std::memcpy(&word, from_, sizeof word);
            from_ += sizeof word;
            held_ |= std::uint64_t(word) << count_;
            count_ += 32;
        }
        const std::uint64_t bits = held_ & ((std::uint64_t(1) << width) - 1);
        held_ >>= width;
        count_ -= width;
        return bits;
    }

    const unsigned char* from_;
    std::uint64_t held_;
    int count_;
};

// Whether a word is full of codes of whole bytes, so that memory is an array of them.
inline bool is_array(const Layout& layout, int width) {
    return layout.width == width && layout.slots * width == 8 * layout.word_bytes &&
           layout.elements == layout.slots * layout.words;
}

template <class Code> void pack_array(const std::int64_t* codes, std::int64_t count, unsigned char* memory) {
    for (std::int64_t i = 0; i < count; ++i) {
        const Code code = Code(codes[i]);
        std::memcpy(memory + i * std::int64_t(sizeof code), &code, sizeof code);
    }
}

// Writes byte_count(layout, count) bytes: the codes of a batch, padded with zeros.
inline void pack(const Layout& layout, const std::int64_t* codes, std::int64_t count, unsigned char* memory) {
    if (is_array(layout, 8) || is_array(layout, 16)) {
        const std::int64_t used = count * layout.width / 8;
        std::memset(memory + used, 0, std::size_t(byte_count(layout, count) - used));
        if (layout.width == 8) pack_array<std::uint8_t>(codes, count, memory);
        else pack_array<std::uint16_t>(codes, count, memory);
        return;
    }
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
