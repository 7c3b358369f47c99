"""C++ that cannot become hardware."""

from tests.tools.planted.source import code

NAMED = "functions are called by their names"
SIZED = "all memory of a design has a fixed size"
KNOWN = "types are known when a design is compiled"
WHOLE = "everything is integers"

LANGUAGE = {
    # Recursion.
    "a function that calls itself": code(
        "int f(int n) {\n    return n < 2 ? 1 : n * f(n - 1);\n}",
        "2: recursion: f calls itself; expected a loop with a bound",
    ),
    "two functions that call each other": code(
        "int odd(int n);\nint even(int n) {\n    return n == 0 ? 1 : odd(n - 1);\n}\nint odd(int n) {\n"
        "    return n == 0 ? 0 : even(n - 1);\n}",
        "3: recursion: even calls itself; expected a loop with a bound",
        "6: recursion: odd calls itself; expected a loop with a bound",
    ),
    "a template that calls itself": code(
        "template <class T> T f(T n) {\n    return n < 2 ? n : f(n - 1);\n}",
        "2: recursion: f calls itself; expected a loop with a bound",
    ),
    "an instance that calls itself": code(
        "template <class C> struct a {\n    static int f(int n) { return C::f(n); }\n};\n"
        "struct b {\n    static int f(int n) { return a<b>::f(n); }\n};",
        "2: recursion: f calls itself; expected a loop with a bound",
        "5: recursion: f calls itself; expected a loop with a bound",
    ),
    # Virtual functions.
    "a virtual function": code(
        "struct a {\n    virtual int f() { return 1; }\n};", f"2: virtual functions: f is virtual; {KNOWN}"
    ),
    "a virtual base": code(
        "struct a { int x; };\nstruct b : virtual a { int y; };", f"2: virtual functions: a virtual base; {KNOWN}"
    ),
    "a dynamic cast": code(
        "struct a {\n    virtual ~a() {}\n};\nstruct b : a {};\nbool f(a& x) {\n"
        "    return dynamic_cast<b*>(&x) != 0;\n}",
        f"2: virtual functions: ~a is virtual; {KNOWN}",
        f"6: virtual functions: dynamic_cast; {KNOWN}",
    ),
    # Dynamic memory.
    "new and delete": code(
        "void f() {\n    int* x = new int;\n    delete x;\n}",
        f"2: dynamic memory: new; {SIZED}",
        f"3: dynamic memory: delete; {SIZED}",
    ),
    "new in a template that nobody uses": code(
        "template <class T> void f() {\n    T* x = new T;\n}", f"2: dynamic memory: new; {SIZED}"
    ),
    "new in a list of values": code(
        "void f() {\n    int* x[2] = {0, new int};\n    (void)x;\n}", f"2: dynamic memory: new; {SIZED}"
    ),
    "malloc": code(
        'extern "C" void* malloc(unsigned long);\nvoid f() {\n    malloc(4);\n}', f"3: dynamic memory: malloc; {SIZED}"
    ),
    "a container": code(
        "#include <vector>\nstd::vector<int> x;",
        "1: include: vector is included; expected the design's own headers, ap_int.h and hls_stream.h",
    ),
    # Exceptions.
    "an exception": code(
        "void f() {\n    try {\n        throw 1;\n    } catch (int) {\n    }\n}",
        "2: exceptions: try; hardware has no exceptions",
        "3: exceptions: throw; hardware has no exceptions",
        "4: exceptions: catch; hardware has no exceptions",
    ),
    # Function pointers.
    "a pointer to a function": code(
        "int g(int x) { return x; }\nint f(int x) {\n    int (*h)(int) = g;\n    return h(x);\n}",
        f"3: function pointers: h points to a function; {NAMED}",
        f"3: function pointers: the address of g; {NAMED}",
        f"4: function pointers: a call through h; {NAMED}",
    ),
    "a function as an argument of a template": code(
        "int g(int x) { return x; }\ntemplate <class F> int f(F h, int x) { return h(x); }\nint e(int x) {\n"
        "    return f(g, x);\n}",
        f"2: function pointers: a call through h; {NAMED}",
        f"2: function pointers: h points to a function; {NAMED}",
        f"4: function pointers: the address of g; {NAMED}",
    ),
    "a lambda": code(
        "int f(int x) {\n    return [](int y) { return y; }(x);\n}", f"2: function pointers: a lambda; {NAMED}"
    ),
    # C++14 and what only one compiler takes.
    "a type left to the compiler": code(
        "auto f(int x) {\n    return x;\n}",
        "1: C++11: 'auto' return without trailing return type; deduced return types are a C++14 extension",
    ),
    "a binary number": code(
        "int f() {\n    return 0b11;\n}", "2: C++11: binary integer literals are a C++14 extension"
    ),
    "an array of any length": code(
        "int f(int n) {\n    int x[n];\n    return x[0];\n}",
        "2: C++11: variable length arrays in C++ are a Clang extension",
    ),
    # Floating point.
    "a floating-point number": code(
        "int f(int x) {\n    return int(x * 0.5);\n}",
        f"2: floating point: a floating-point number; {WHOLE}",
        f"2: floating point: a value of type double; {WHOLE}",
    ),
    "a floating-point variable": code(
        "struct a {\n    float x;\n};\nint f(double y) { return int(y); }",
        f"2: floating point: x is float; {WHOLE}",
        f"4: floating point: a value of type double; {WHOLE}",
        f"4: floating point: y is double; {WHOLE}",
    ),
    "a floating-point argument of a template": code(
        "template <class T> int f(T x) {\n    return int(x);\n}\nint g(int x) {\n    return f<float>(x);\n}",
        f"1: floating point: x is float; {WHOLE}",
        f"2: floating point: a value of type float; {WHOLE}",
        f"5: floating point: a value of type float; {WHOLE}",
    ),
    # System calls.
    "a call of the system": code(
        'extern "C" int getchar();\nint f() {\n    return getchar();\n}',
        "3: system calls: a call of getchar, which has no body here; expected functions of the design",
    ),
    "any number of arguments": code(
        "int f(int n, ...) {\n    return n;\n}",
        "1: system calls: f takes any number of arguments; expected those it has",
    ),
    "assembly": code('void f() {\n    asm("nop");\n}', "2: system calls: asm; hardware has no processor"),
    # What lasts, and pointers.
    "a global variable": code(
        "int x;\nint f() { return x; }",
        "1: state: x outlives a call and is not const; expected nothing to stay from sample to sample",
    ),
    "a static variable": code(
        "int f() {\n    static int x = 0;\n    return ++x;\n}",
        "2: state: x outlives a call and is not const; expected nothing to stay from sample to sample",
    ),
    "a pointer to a pointer": code(
        "int f(int** x) { return **x; }", "1: pointers: x is a pointer to a pointer; expected an array"
    ),
    "a word seen as another": code(
        "int f(unsigned char* x) {\n    return *reinterpret_cast<int*>(x);\n}",
        "2: pointers: reinterpret_cast; a word is taken apart by range()",
    ),
}  # fmt: skip
