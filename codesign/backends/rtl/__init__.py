"""The SystemVerilog back end: kernels become instances of the modules in hls/rtl/."""
