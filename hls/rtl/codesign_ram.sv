// A memory with a port to write and one to read: `word` is what `read_at` held in the last cycle of `read`.
//
//   in --> [ WORDS x BITS ] --> |word|
//
// A word that is written in the very cycle in which it is read is read as it was before. One word is a register. More are
// block RAM where that takes 18 Kb blocks that each spare more than 128 LUTs of LUT RAM (a bit over a third of the LUTs
// per block that devices have), else LUT RAM. 4 LUTs hold 32 x 6 or 64 x 3 bits (UG574), a block is one of the shapes
// below (UG573).
module codesign_ram #(
    parameter int WORDS = 16,
    parameter int BITS = 8,
    parameter int ADDRESS = WORDS > 1 ? $clog2(WORDS) : 1
) (
    input  logic               clk,
    input  logic               write,
    input  logic [ADDRESS-1:0] write_at,
    input  logic [   BITS-1:0] in,
    input  logic               read,
    input  logic [ADDRESS-1:0] read_at,
    output logic [   BITS-1:0] word
);
  localparam int LUTS_32 = ((BITS + 5) / 6) * ((WORDS + 31) / 32);
  localparam int LUTS_64 = ((BITS + 2) / 3) * ((WORDS + 63) / 64);
  localparam int LUTS = 4 * (LUTS_32 < LUTS_64 ? LUTS_32 : LUTS_64);
  localparam int BY_36 = ((BITS + 35) / 36) * ((WORDS + 511) / 512);
  localparam int BY_18 = ((BITS + 17) / 18) * ((WORDS + 1023) / 1024);
  localparam int BY_9 = ((BITS + 8) / 9) * ((WORDS + 2047) / 2048);
  localparam int BY_4 = ((BITS + 3) / 4) * ((WORDS + 4095) / 4096);
  localparam int BY_2 = ((BITS + 1) / 2) * ((WORDS + 8191) / 8192);
  localparam int BY_1 = BITS * ((WORDS + 16383) / 16384);
  localparam int WIDE = BY_36 < BY_18 ? BY_36 : BY_18;
  localparam int MIDDLE = BY_9 < BY_4 ? BY_9 : BY_4;
  localparam int NARROW = BY_2 < BY_1 ? BY_2 : BY_1;
  localparam int SHALLOW = WIDE < MIDDLE ? WIDE : MIDDLE;
  localparam int BLOCKS = SHALLOW < NARROW ? SHALLOW : NARROW;

  generate
    if (WORDS == 1) begin : g_one
      logic [BITS-1:0] only;
      logic unused;

      assign unused = &{1'b0, write_at, read_at};
      always_ff @(posedge clk) begin
        if (write) only <= in;
        if (read) word <= only;
      end
    end else if (LUTS > 128 * BLOCKS) begin : g_block
      (* ram_style = "block" *) logic [BITS-1:0] words[WORDS];

      always_ff @(posedge clk) begin
        if (write) words[write_at] <= in;
        if (read) word <= words[read_at];
      end
    end else begin : g_distributed
      (* ram_style = "distributed" *) logic [BITS-1:0] words[WORDS];

      always_ff @(posedge clk) begin
        if (write) words[write_at] <= in;
        if (read) word <= words[read_at];
      end
    end
  endgenerate
endmodule
