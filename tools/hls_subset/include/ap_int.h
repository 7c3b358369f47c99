// Stand-in for the vendor's ap_int.h, for parsing alone: the names and conversions that a design may use, no bodies.
#ifndef HLS_SUBSET_AP_INT_H
#define HLS_SUBSET_AP_INT_H

#ifndef AP_INT_MAX_W
#define AP_INT_MAX_W 1024
#endif

// What every operator gives. Operators are members and friends, so that only integers of this kind find them.
struct ap_value {
    ap_value();
    template <class T> ap_value(const T&);
    template <class T> ap_value& operator=(const T&);
    operator long long() const;

    ap_value range(int high, int low) const;
    ap_value& range(int high, int low);
    ap_value operator()(int high, int low) const;
    ap_value& operator()(int high, int low);
    ap_value operator[](int bit) const;
    ap_value& operator[](int bit);
    int to_int() const;
    long long to_int64() const;
    ap_value operator-() const;
    ap_value operator~() const;
    bool operator!() const;

#define HLS_SUBSET_OPERATORS(result, op)                       \
    template <class T> result operator op(const T&) const;     \
    friend result operator op(bool, const ap_value&);          \
    friend result operator op(int, const ap_value&);           \
    friend result operator op(unsigned, const ap_value&);      \
    friend result operator op(long long, const ap_value&);     \
    friend result operator op(unsigned long long, const ap_value&);
    HLS_SUBSET_OPERATORS(ap_value, +)
    HLS_SUBSET_OPERATORS(ap_value, -)
    HLS_SUBSET_OPERATORS(ap_value, *)
    HLS_SUBSET_OPERATORS(ap_value, /)
    HLS_SUBSET_OPERATORS(ap_value, %)
    HLS_SUBSET_OPERATORS(ap_value, <<)
    HLS_SUBSET_OPERATORS(ap_value, >>)
    HLS_SUBSET_OPERATORS(ap_value, &)
    HLS_SUBSET_OPERATORS(ap_value, |)
    HLS_SUBSET_OPERATORS(ap_value, ^)
    HLS_SUBSET_OPERATORS(bool, ==)
    HLS_SUBSET_OPERATORS(bool, !=)
    HLS_SUBSET_OPERATORS(bool, <)
    HLS_SUBSET_OPERATORS(bool, <=)
    HLS_SUBSET_OPERATORS(bool, >)
    HLS_SUBSET_OPERATORS(bool, >=)
#undef HLS_SUBSET_OPERATORS
};

template <int W, bool Signed> struct ap_int_base : ap_value {
    static_assert(W >= 1 && W <= AP_INT_MAX_W, "an ap_int has 1 to AP_INT_MAX_W bits");
    static const int width = W;
    ap_int_base();
    template <class T> ap_int_base(const T&);
    template <class T> ap_int_base& operator=(const T&);
    template <class T> ap_int_base& operator+=(const T&);
    template <class T> ap_int_base& operator-=(const T&);
    template <class T> ap_int_base& operator*=(const T&);
    template <class T> ap_int_base& operator<<=(const T&);
    template <class T> ap_int_base& operator>>=(const T&);
    template <class T> ap_int_base& operator&=(const T&);
    template <class T> ap_int_base& operator|=(const T&);
    template <class T> ap_int_base& operator^=(const T&);
    ap_int_base& operator++();
    ap_int_base& operator--();
};

template <int W> struct ap_int : ap_int_base<W, true> {
    ap_int();
    template <class T> ap_int(const T&);
    template <class T> ap_int& operator=(const T&);
};

template <int W> struct ap_uint : ap_int_base<W, false> {
    ap_uint();
    template <class T> ap_uint(const T&);
    template <class T> ap_uint& operator=(const T&);
};

#endif
