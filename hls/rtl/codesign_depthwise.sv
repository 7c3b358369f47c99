// Each channel with weights of its own: sums over the taps of a window, channels side by side.
//
//   in_data --> |x| --> |x| --+
//                             +--> Y_LANES sums of BESIDE products --> accumulators --> out_data
//   word --> [ weights ] --> |w| --> |w| --+                               ^
//   fold --> | 1 .. DEPTH-2 | --> [ bias ] --------------------------------'
//            R1              R2 (slices)     R3 ..                      R DEPTH
//
//   go --> tap: 0 .. TAPS-1 --> fold: 0 .. FOLDS-1;  word = fold * TAPS + tap
//
// A beat holds BESIDE taps of all its channels, one behind the other; each channel has EACH results. Word `word` of the
// weights holds in lane s * Y_LANES + p the weight of tap s of the beat for output lane p, whose channel is p / EACH.
//
// FOLDS: beats of a pixel. TAPS: beats of a fold. X_*, Y_*: the beats. WEIGHT_*, BIAS_*: codes. MULTIPLIER: "lut" or "dsp",
// see codesign_multiply. WEIGHTS_*, BIAS_*: the memories, see codesign_rom. DEPTH: registers of the pipeline, at least 2, or
// 5 with slices, which take in the second one.
module codesign_depthwise #(
    parameter int FOLDS = 1,
    parameter int TAPS = 1,
    parameter int BESIDE = 1,
    parameter int EACH = 1,
    parameter int X_WIDTH = 8,
    parameter bit X_SIGNED = 0,
    parameter int X_LANES = 1,
    parameter int Y_WIDTH = 16,
    parameter int Y_LANES = 1,
    parameter int WEIGHT_WIDTH = 8,
    parameter bit WEIGHT_SIGNED = 1,
    parameter int BIAS_WIDTH = 1,
    parameter bit BIAS_SIGNED = 0,
    parameter bit BIASED = 0,
    parameter MULTIPLIER = "lut",
    parameter WEIGHTS_FILE = "",
    parameter int WEIGHTS_WORDS = 1,
    parameter WEIGHTS_STYLE = "registers",
    parameter BIAS_FILE = "",
    parameter BIAS_STYLE = "registers",
    parameter int DEPTH = 2
) (
    input  logic                       clk,
    input  logic                       rst,
    input  logic [X_LANES*X_WIDTH-1:0] in_data,
    input  logic                       in_valid,
    output logic                       in_ready,
    output logic [Y_LANES*Y_WIDTH-1:0] out_data,
    output logic                       out_valid,
    input  logic                       out_ready,
    output logic                       go,
    output logic                       starved,
    output logic                       blocked
);
  localparam int X_BITS = X_LANES * X_WIDTH;
  localparam int W_BITS = BESIDE * Y_LANES * WEIGHT_WIDTH;
  localparam int WORD_BITS = WEIGHTS_WORDS > 1 ? $clog2(WEIGHTS_WORDS) : 1;
  localparam int TAP_BITS = TAPS > 1 ? $clog2(TAPS) : 1;
  localparam int FOLD_BITS = FOLDS > 1 ? $clog2(FOLDS) : 1;
  localparam bit SLICES = MULTIPLIER != "lut";
  localparam int BEFORE = SLICES ? 2 : 1;
  localparam int REGS = DEPTH - 1 - BEFORE;
  localparam int LOADS = REGS > 0 ? REGS : 1;

  logic advance, first, last, begins, pixel_done, first_late, unused;
  logic [DEPTH-1:0] load;
  logic [WORD_BITS-1:0] word;
  logic [TAP_BITS-1:0] tap;
  logic [FOLD_BITS-1:0] fold, fold_late;
  logic [X_BITS-1:0] x, x_in;
  logic [W_BITS-1:0] w, w_in;
  logic [Y_LANES*Y_WIDTH-1:0] sums;

  assign unused = &{1'b0, tap, begins};

  codesign_pipeline #(
      .DEPTH (DEPTH),
      .READS (1),
      .WRITES(1)
  ) control (
      .clk,
      .rst,
      .need(1'b1),
      .give(last),
      .in_valid,
      .in_ready,
      .out_valid,
      .out_ready,
      .go,
      .advance,
      .starved,
      .blocked
  );
  codesign_stages #(
      .DEPTH(DEPTH)
  ) stages (
      .clk,
      .rst,
      .go,
      .advance,
      .load
  );

  codesign_counter #(
      .TURNS(TAPS)
  ) taps (
      .clk,
      .rst,
      .step(go),
      .count(tap),
      .first,
      .last
  );
  codesign_counter #(
      .TURNS(FOLDS)
  ) folds (
      .clk,
      .rst,
      .step(go && last),
      .count(fold),
      .first(begins),
      .last(pixel_done)
  );

  always_ff @(posedge clk)
    if (rst || (go && last && pixel_done)) word <= '0;
    else if (go) word <= word + 1'b1;

  codesign_rom #(
      .FILE (WEIGHTS_FILE),
      .WORDS(WEIGHTS_WORDS),
      .BITS (W_BITS),
      .STYLE(WEIGHTS_STYLE)
  ) weights (
      .clk,
      .advance(go),
      .address(word),
      .word(w)
  );

  always_ff @(posedge clk) if (go) x <= in_data;

  genvar p, s;
  generate
    if (SLICES) begin : g_operands
      always_ff @(posedge clk) if (load[1]) x_in <= x;
      if (WEIGHTS_WORDS == 1) begin : g_constant
        assign w_in = w;
      end else begin : g_taken
        always_ff @(posedge clk) if (load[1]) w_in <= w;
      end
    end else begin : g_no_operands
      assign x_in = x;
      assign w_in = w;
    end

    for (p = 0; p < Y_LANES; p++) begin : g_output
      logic [LOADS-1:0] dot_load;
      logic [BESIDE*X_WIDTH-1:0] codes;
      logic [BESIDE*WEIGHT_WIDTH-1:0] factors;
      logic [Y_WIDTH-1:0] none;
      logic unused_z;

      if (REGS > 0) begin : g_load
        assign dot_load = load[DEPTH-2:BEFORE];
      end else begin : g_no_load
        assign dot_load = 1'b0;
      end
      for (s = 0; s < BESIDE; s++) begin : g_tap
        assign codes[s*X_WIDTH+:X_WIDTH] = x_in[(s*Y_LANES+p)/EACH*X_WIDTH+:X_WIDTH];
        assign factors[s*WEIGHT_WIDTH+:WEIGHT_WIDTH] = w_in[(s*Y_LANES+p)*WEIGHT_WIDTH+:WEIGHT_WIDTH];
      end
      assign unused_z = &{1'b0, none};
      codesign_dot #(
          .TERMS     (BESIDE),
          .X_WIDTH   (X_WIDTH),
          .X_SIGNED  (X_SIGNED),
          .W_WIDTH   (WEIGHT_WIDTH),
          .W_SIGNED  (WEIGHT_SIGNED),
          .MULTIPLIER(MULTIPLIER),
          .Y_WIDTH   (Y_WIDTH),
          .REGS      (REGS)
      ) dot (
          .clk,
          .load(dot_load),
          .x(codes),
          .w(factors),
          .v('0),
          .y(sums[p*Y_WIDTH+:Y_WIDTH]),
          .z(none)
      );
    end
  endgenerate

  codesign_delay #(
      .WIDTH (FOLD_BITS),
      .CYCLES(DEPTH - 2)
  ) fold_line (
      .clk,
      .advance,
      .in (fold),
      .out(fold_late)
  );
  codesign_delay #(
      .WIDTH (1),
      .CYCLES(DEPTH - 1)
  ) first_line (
      .clk,
      .advance,
      .in (first),
      .out(first_late)
  );
  codesign_accumulate #(
      .LANES       (Y_LANES),
      .Y_WIDTH     (Y_WIDTH),
      .ALWAYS_FIRST(TAPS == 1),
      .FOLDS       (FOLDS),
      .BIASED      (BIASED),
      .BIAS_WIDTH  (BIAS_WIDTH),
      .BIAS_SIGNED (BIAS_SIGNED),
      .BIAS_FILE   (BIAS_FILE),
      .BIAS_STYLE  (BIAS_STYLE)
  ) sum (
      .clk,
      .read (load[DEPTH-2]),
      .fold (fold_late),
      .load (load[DEPTH-1]),
      .first(first_late),
      .x    (sums),
      .y    (out_data)
  );
endmodule
