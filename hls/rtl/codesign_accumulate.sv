// Sums over the turns of a loop, one for each lane: the last register of a product, with one addition before it.
//
//   fold --> |bias| -----+
//                        | first
//               ,--> y --+--+--> |r| --> y
//               '-----------|-----'
//   x --> ------------------'
//
// Where a sum begins (`first`) it begins with the bias, read from a memory in the cycle before, or with 0.
//
// LANES; Y_WIDTH: the sums, modulo 2^Y_WIDTH. ALWAYS_FIRST: every term is a sum of its own. BIASED, BIAS_*: the memory, a
// word for each of FOLDS. read: `fold` is the one whose sum may begin in the next cycle of `load`.
module codesign_accumulate #(
    parameter int LANES = 1,
    parameter int Y_WIDTH = 16,
    parameter bit ALWAYS_FIRST = 0,
    parameter int FOLDS = 1,
    parameter bit BIASED = 0,
    parameter int BIAS_WIDTH = 1,
    parameter bit BIAS_SIGNED = 0,
    parameter BIAS_FILE = "",
    parameter BIAS_STYLE = "registers",
    parameter int FOLD_BITS = FOLDS > 1 ? $clog2(FOLDS) : 1
) (
    input  logic                     clk,
    input  logic                     read,
    input  logic [    FOLD_BITS-1:0] fold,
    input  logic                     load,
    input  logic                     first,
    input  logic [LANES*Y_WIDTH-1:0] x,
    output logic [LANES*Y_WIDTH-1:0] y
);
  logic [LANES*BIAS_WIDTH-1:0] bias;

  genvar p;
  generate
    if (BIASED) begin : g_bias
      codesign_rom #(
          .FILE (BIAS_FILE),
          .WORDS(FOLDS),
          .BITS (LANES * BIAS_WIDTH),
          .STYLE(BIAS_STYLE)
      ) rom (
          .clk,
          .advance(read),
          .address(fold),
          .word(bias)
      );
    end else begin : g_no_bias
      logic unused;
      assign unused = &{1'b0, read, fold};
      assign bias = '0;
    end

    for (p = 0; p < LANES; p++) begin : g_lane
      logic signed [Y_WIDTH-1:0] start, term, held;

      if (BIAS_SIGNED) begin : g_signed
        assign start = Y_WIDTH'($signed(bias[p*BIAS_WIDTH+:BIAS_WIDTH]));
      end else begin : g_unsigned
        assign start = Y_WIDTH'(bias[p*BIAS_WIDTH+:BIAS_WIDTH]);
      end
      assign term = x[p*Y_WIDTH+:Y_WIDTH];
      if (ALWAYS_FIRST) begin : g_one
        always_ff @(posedge clk) if (load) held <= start + term;
      end else begin : g_many
        always_ff @(posedge clk) if (load) held <= (first ? start : held) + term;
      end
      assign y[p*Y_WIDTH+:Y_WIDTH] = held;
    end

    if (ALWAYS_FIRST) begin : g_unused
      logic unused;
      assign unused = &{1'b0, first};
    end
  endgenerate
endmodule
