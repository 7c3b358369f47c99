// The pragmas that are made by macros, most because the generations of the tools spell them differently: Vivado HLS
// (2019.2, 2020.1) and Vitis HLS (2020.2 and later, which defines __VITIS_HLS__). A macro can stand in a pragma only
// through _Pragma (UG902).
#ifndef CODESIGN_PRAGMAS_HPP
#define CODESIGN_PRAGMAS_HPP

#define CODESIGN_TEXT(...) _Pragma(#__VA_ARGS__)
#define CODESIGN_PRAGMA(...) CODESIGN_TEXT(HLS __VA_ARGS__)

// The handshake of the whole block: ap_start and its companions, or none where it runs on data alone, from reset on.
#ifdef CODESIGN_FREE_RUNNING
#define CODESIGN_HANDSHAKE ap_ctrl_none
#else
#define CODESIGN_HANDSHAKE ap_ctrl_hs
#endif

// An AXI4-Stream port, and the handshake. Later editions of UG1399 write mode=axis; every tool takes the bare word.
#define CODESIGN_AXI_STREAM(name) CODESIGN_PRAGMA(INTERFACE axis port=name)
#define CODESIGN_CONTROL CODESIGN_PRAGMA(INTERFACE CODESIGN_HANDSHAKE port=return)
// The memory ports of a kernel, each a master of its own: up to eight bursts are under way, which hides the latency of
// HBM and DDR; the adapter's buffer holds them all. A register of the slave has the address, or a scalar. The handshake
// is left to the flow: ap_ctrl_chain for Vitis kernels, so that a start may follow before the last is done, else
// ap_ctrl_hs.
#define CODESIGN_READ_MASTER(name, number, burst) \
    CODESIGN_PRAGMA(INTERFACE m_axi port=name bundle=gmem##number offset=slave latency=64 num_read_outstanding=8 max_read_burst_length=burst)
#define CODESIGN_WRITE_MASTER(name, number, burst) \
    CODESIGN_PRAGMA(INTERFACE m_axi port=name bundle=gmem##number offset=slave latency=64 num_write_outstanding=8 max_write_burst_length=burst)
#define CODESIGN_REGISTER(name) CODESIGN_PRAGMA(INTERFACE s_axilite port=name bundle=control)

#ifdef __VITIS_HLS__
// A constant memory: one read port, or as many as there are readers.
#define CODESIGN_ROM_LUTRAM(name) CODESIGN_PRAGMA(BIND_STORAGE variable=name type=rom_1p impl=lutram)
#define CODESIGN_ROM_BRAM(name) CODESIGN_PRAGMA(BIND_STORAGE variable=name type=rom_1p impl=bram)
#define CODESIGN_ROM_LUTRAM_SHARED(name) CODESIGN_PRAGMA(BIND_STORAGE variable=name type=rom_np impl=lutram)
#define CODESIGN_ROM_BRAM_SHARED(name) CODESIGN_PRAGMA(BIND_STORAGE variable=name type=rom_np impl=bram)
// What a FIFO is made of. Left alone, the tools go by its bits (config_storage, UG1399): a wide word that waits but a
// few cycles would take a block RAM for every 36 of its bits.
#define CODESIGN_FIFO_SRL(name) CODESIGN_PRAGMA(BIND_STORAGE variable=name type=fifo impl=srl)
#define CODESIGN_FIFO_BRAM(name) CODESIGN_PRAGMA(BIND_STORAGE variable=name type=fifo impl=bram)
// What the product that a variable is given is made of: adders, one DSP slice, or as many slices as it takes.
#define CODESIGN_MUL_FABRIC(name) CODESIGN_PRAGMA(BIND_OP variable=name op=mul impl=fabric)
#define CODESIGN_MUL_SLICE(name) CODESIGN_PRAGMA(BIND_OP variable=name op=mul impl=dsp)
#define CODESIGN_MUL_SLICES(name) CODESIGN_PRAGMA(BIND_OP variable=name op=mul impl=dsp)
#else
#define CODESIGN_ROM_LUTRAM(name) CODESIGN_PRAGMA(RESOURCE variable=name core=ROM_1P_LUTRAM)
#define CODESIGN_ROM_BRAM(name) CODESIGN_PRAGMA(RESOURCE variable=name core=ROM_1P_BRAM)
#define CODESIGN_ROM_LUTRAM_SHARED(name) CODESIGN_PRAGMA(RESOURCE variable=name core=ROM_nP_LUTRAM)
#define CODESIGN_ROM_BRAM_SHARED(name) CODESIGN_PRAGMA(RESOURCE variable=name core=ROM_nP_BRAM)
#define CODESIGN_FIFO_SRL(name) CODESIGN_PRAGMA(RESOURCE variable=name core=FIFO_SRL)
#define CODESIGN_FIFO_BRAM(name) CODESIGN_PRAGMA(RESOURCE variable=name core=FIFO_BRAM)
#define CODESIGN_MUL_FABRIC(name) CODESIGN_PRAGMA(RESOURCE variable=name core=Mul_LUT)
#define CODESIGN_MUL_SLICE(name) CODESIGN_PRAGMA(RESOURCE variable=name core=DSP48)
#define CODESIGN_MUL_SLICES(name) CODESIGN_PRAGMA(RESOURCE variable=name core=MulnS)
#endif

// The FIFOs of an array get its name in the simulation that can tell them apart; tools name them by themselves.
#ifdef CODESIGN_CSIM_HLS_STREAM_H
#define CODESIGN_STREAM_NAMES(streams) hls::csim::name(streams, #streams);
#else
#define CODESIGN_STREAM_NAMES(streams)
#endif

#endif
