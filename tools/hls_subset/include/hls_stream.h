// Stand-in for the vendor's hls_stream.h, for parsing alone.
#ifndef HLS_SUBSET_HLS_STREAM_H
#define HLS_SUBSET_HLS_STREAM_H

namespace hls {

template <class T> class stream {
  public:
    stream();
    explicit stream(const char* name);
    T read();
    void read(T&);
    bool read_nb(T&);
    void write(const T&);
    bool write_nb(const T&);
    bool empty() const;
    bool full() const;

  private:
    stream(const stream&);
    stream& operator=(const stream&);
};

}  // namespace hls

#endif
