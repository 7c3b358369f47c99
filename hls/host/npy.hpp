// Arrays in numpy's .npy files (format versions 1, 2 and 3), little-endian and in C order.
#ifndef CODESIGN_HOST_NPY_HPP
#define CODESIGN_HOST_NPY_HPP

#include <cctype>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "port.hpp"

namespace codesign {

struct NpyArray {
    std::vector<std::int64_t> shape;
    std::vector<double> numbers;
};

namespace npy {

[[noreturn]] inline void fail(const std::string& path, const std::string& problem) {
    throw std::invalid_argument(path + ": " + problem);
}

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
typedef std::unique_ptr<std::FILE, CloseFile> File;

inline std::vector<unsigned char> content(const std::string& path) {
    File file(std::fopen(path.c_str(), "rb"));
    if (!file) fail(path, std::string("cannot be read: ") + std::strerror(errno));
    std::vector<unsigned char> bytes;
    unsigned char part[65536];
    for (std::size_t got; (got = std::fread(part, 1, sizeof part, file.get())) > 0;)
        bytes.insert(bytes.end(), part, part + got);
    if (std::ferror(file.get())) fail(path, "cannot be read to its end");
    return bytes;
}

// Reads the header, a dict as Python writes it: {'descr': '<f4', 'fortran_order': False, 'shape': (100, 16), }
class Header {
  public:
    Header(const std::string& path, const std::string& text) : path_(path), text_(text), at_(0) {
        bool has_descr = false, has_order = false, has_shape = false;
        expect('{');
        while (!accept('}')) {
            const std::string key = quoted();
            expect(':');
            if (key == "descr" && !has_descr) {
                if (peek() == '[') fail(path_, "is a structured array; give plain numbers, float32, float64 or integers");
                descr = quoted();
                has_descr = true;
            } else if (key == "fortran_order" && !has_order) {
                fortran = word() == "True";
                has_order = true;
            } else if (key == "shape" && !has_shape) {
                dimensions();
                has_shape = true;
            } else {
                broken();
            }
            if (!accept(',') && peek() != '}') broken();
        }
        if (peek() != '\0' || !has_descr || !has_order || !has_shape) broken();
    }

    std::string descr;
    bool fortran;
    std::vector<std::int64_t> shape;

  private:
    [[noreturn]] void broken() const { fail(path_, "the header of the .npy file is broken"); }

    char peek() {
        while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
        return at_ < text_.size() ? text_[at_] : '\0';
    }

    bool accept(char wanted) {
        if (peek() != wanted) return false;
        ++at_;
        return true;
    }

    void expect(char wanted) {
        if (!accept(wanted)) broken();
    }

    std::string quoted() {
        const char quote = peek();
        if (quote != '\'' && quote != '"') broken();
        const std::size_t end = text_.find(quote, ++at_);
        if (end == std::string::npos) broken();
        const std::string found = text_.substr(at_, end - at_);
        at_ = end + 1;
        return found;
    }

    std::string word() {
        std::string found;
        for (peek(); at_ < text_.size() && std::isalpha(static_cast<unsigned char>(text_[at_])); ++at_)
            found += text_[at_];
        if (found != "True" && found != "False") broken();
        return found;
    }

    void dimensions() {
        expect('(');
        while (!accept(')')) {
            std::string digits;
            for (peek(); at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_])); ++at_)
                digits += text_[at_];
            if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // as Python 2 wrote long integers
            if (digits.empty() || digits.size() > 18 || shape.size() == 32) broken();
            shape.push_back(std::stoll(digits));
            if (!accept(',') && peek() != ')') broken();
        }
    }

    const std::string path_, text_;
    std::size_t at_;
};

template <class T> void read_numbers(const unsigned char* data, std::vector<double>& numbers) {
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        T value;
        std::memcpy(&value, data + i * sizeof(T), sizeof(T));
        numbers[i] = double(value);
    }
}

typedef void (*Reader)(const unsigned char*, std::vector<double>&);

// How numbers of type `descr` are read, and their bytes; null for a type that is not supported.
inline Reader reader(const std::string& descr, std::size_t& bytes) {
    const std::string type = !descr.empty() && (descr[0] == '<' || descr[0] == '|') ? descr.substr(1) : std::string();
    if (descr[0] == '|' && type != "i1" && type != "u1") return nullptr;
    bytes = type.size() == 2 ? std::size_t(type[1] - '0') : 0;
    if (type == "f4") return read_numbers<float>;
    if (type == "f8") return read_numbers<double>;
    if (type == "i1") return read_numbers<std::int8_t>;
    if (type == "i2") return read_numbers<std::int16_t>;
    if (type == "i4") return read_numbers<std::int32_t>;
    if (type == "i8") return read_numbers<std::int64_t>;
    if (type == "u1") return read_numbers<std::uint8_t>;
    if (type == "u2") return read_numbers<std::uint16_t>;
    if (type == "u4") return read_numbers<std::uint32_t>;
    if (type == "u8") return read_numbers<std::uint64_t>;
    return nullptr;
}

}  // namespace npy

static_assert(sizeof(float) == 4 && sizeof(double) == 8, "the host reads IEEE 754 numbers");
#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the host reads and writes little-endian files on little-endian processors only"
#endif

// The array in the file; std::invalid_argument, which names the file, for what is no such array.
inline NpyArray read_npy(const std::string& path) {
    const std::vector<unsigned char> bytes = npy::content(path);
    if (bytes.size() < 10 || std::memcmp(bytes.data(), "\x93NUMPY", 6) != 0) npy::fail(path, "is no .npy file");
    const int version = bytes[6];
    if (version < 1 || version > 3) {
        npy::fail(path, "has version " + std::to_string(version) + " of the .npy format; 1 to 3 are read");
    }
    const std::size_t start = version == 1 ? 10 : 12;
    std::size_t length = 0;
    for (std::size_t i = start; i-- > 8;) length = length << 8 | (i < bytes.size() ? bytes[i] : 0);
    if (bytes.size() < start || bytes.size() - start < length) npy::fail(path, "is cut: it ends within its header");
    const npy::Header header(path, std::string(bytes.begin() + std::ptrdiff_t(start),
                                               bytes.begin() + std::ptrdiff_t(start + length)));
    std::size_t width = 0;
    const npy::Reader reader = npy::reader(header.descr, width);
    if (!reader) {
        npy::fail(path, "has numbers of type '" + header.descr +
                            "'; expected little-endian float32, float64 or integers: x.astype('<f4')");
    }
    if (header.fortran && header.shape.size() > 1) {
        npy::fail(path, "is in Fortran order; save numpy.ascontiguousarray(x)");
    }
    // The file decides how much is allocated, not its header: sizes are compared without multiplying past it.
    const std::size_t available = (bytes.size() - start - length) / width;
    std::size_t count = 1;
    bool empty = false;
    for (std::int64_t n : header.shape) empty = empty || n == 0;
    if (empty) count = 0;
    for (std::int64_t n : header.shape) {
        if (empty) break;
        if (count > available / std::size_t(n)) {
            npy::fail(path, "is cut: it has " + std::to_string(available) + " numbers of an array of shape " +
                                shape_text(header.shape.data(), int(header.shape.size())));
        }
        count *= std::size_t(n);
    }
    if (bytes.size() - start - length != count * width) {
        npy::fail(path, "has " + std::to_string(bytes.size() - start - length) + " bytes of numbers; its shape needs " +
                            std::to_string(count * width));
    }
    NpyArray array;
    array.shape = header.shape;
    array.numbers.resize(count);
    reader(bytes.data() + start + length, array.numbers);
    return array;
}

// Writes a C-order array of `bytes` bytes of numbers of type `descr`; the file appears whole or not at all.
inline void write_npy(const std::string& path, const std::string& descr, const std::vector<std::int64_t>& shape,
                      const void* data, std::size_t bytes) {
    std::string header = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (";
    for (std::size_t i = 0; i < shape.size(); ++i) header += (i ? ", " : "") + std::to_string(shape[i]);
    header += shape.size() == 1 ? ",), }" : "), }";
    header.append((64 - (10 + header.size() + 1) % 64) % 64, ' ');
    header += '\n';
    const unsigned char start[10] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, static_cast<unsigned char>(header.size() & 0xff),
                                     static_cast<unsigned char>(header.size() >> 8)};
    const std::string part = path + ".part";
    {
        npy::File file(std::fopen(part.c_str(), "wb"));
        if (!file) npy::fail(path, std::string("cannot be written: ") + std::strerror(errno));
        const bool written = std::fwrite(start, 1, sizeof start, file.get()) == sizeof start &&
                             std::fwrite(header.data(), 1, header.size(), file.get()) == header.size() &&
                             (bytes == 0 || std::fwrite(data, 1, bytes, file.get()) == bytes);
        if (!written || std::fflush(file.get()) != 0) {
            const std::string why = std::strerror(errno);
            std::remove(part.c_str());
            npy::fail(path, "cannot be written: " + why);
        }
    }
    if (std::rename(part.c_str(), path.c_str()) != 0) {
        const std::string why = std::strerror(errno);
        std::remove(part.c_str());
        npy::fail(path, "cannot be written: " + why);
    }
}

}  // namespace codesign

#endif
