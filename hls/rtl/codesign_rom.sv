// A constant memory: `word` is what `address` was in the last cycle of `advance`.
//
//   address --> [ WORDS x BITS ] --> |word|
//
// FILE: its words in hexadecimal, one per line ($readmemh). STYLE: "registers" (logic: the tools see constants),
// "lutram" or "bram". One word needs no address and no register to hold it, but keeps the cycle.
module codesign_rom #(
    parameter FILE = "",
    parameter int WORDS = 1,
    parameter int BITS = 8,
    parameter STYLE = "registers",
    parameter int ADDRESS = WORDS > 1 ? $clog2(WORDS) : 1
) (
    input  logic               clk,
    input  logic               advance,
    input  logic [ADDRESS-1:0] address,
    output logic [   BITS-1:0] word
);
  generate
    if (STYLE == "bram") begin : g_bram
      (* rom_style = "block", ram_style = "block" *) logic [BITS-1:0] words[WORDS];
      initial $readmemh(FILE, words);
      always_ff @(posedge clk) if (advance) word <= words[address];
    end else if (WORDS == 1) begin : g_constant
      logic [BITS-1:0] words[1];
      logic unused;
      initial $readmemh(FILE, words);
      assign unused = &{1'b0, clk, advance, address};
      assign word = words[0];
    end else begin : g_lutram
      (* rom_style = "distributed", ram_style = "distributed" *) logic [BITS-1:0] words[WORDS];
      initial $readmemh(FILE, words);
      always_ff @(posedge clk) if (advance) word <= words[address];
    end
  endgenerate
endmodule
