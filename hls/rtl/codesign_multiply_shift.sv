// Requantization by a multiplication: y = clip((x * multiplier[c] + addend[c]) >> right, low, high).
//
// Where the multiplier is a constant in each lane, the product is made of its digits (codesign_digits):
//
//   fold --> [ROM|r] addend ------v
//   in_data --------|r|------> + << i, |r|, + << j, ... --> >> RIGHT, clip --> |r| --> out_data      for each lane
//
// where channels take turns, of a multiplier:
//
//   fold --> [ROM|r] multiplier --v
//   in_data --------|r|---------> * --> |r| ... --> + addend --> |r| --> >> RIGHT, clip --> |r| --> out_data
//
// DEPTH registers in all; that of a ROM only where a ROM has several words. In the second form two lie in a product that is
// made in a DSP slice, and one behind the sum where there are three or more before the clip.
//
// FOLDS: beats of a position. X_*, Y_*: beats. MULTIPLIER_*, ADDEND_*: the codes in the memories, and how many folds and
// lanes these have (1 where all channels agree). WIDE_*: a code that holds every intermediate result. RIGHT, LOW, HIGH.
// CLIP_LOW, CLIP_HIGH: whether x can get there. *_FILE, *_STYLE: see codesign_rom; *_WORD: the word, if there is but one.
module codesign_multiply_shift #(
    parameter int FOLDS = 1,
    parameter int X_WIDTH = 8,
    parameter bit X_SIGNED = 1,
    parameter int X_LANES = 1,
    parameter int Y_WIDTH = 8,
    parameter int MULTIPLIER_WIDTH = 8,
    parameter bit MULTIPLIER_SIGNED = 1,
    parameter int MULTIPLIER_FOLDS = 1,
    parameter int MULTIPLIER_LANES = 1,
    parameter int ADDEND_WIDTH = 8,
    parameter bit ADDEND_SIGNED = 1,
    parameter int ADDEND_FOLDS = 1,
    parameter int ADDEND_LANES = 1,
    parameter int WIDE_WIDTH = 16,
    parameter bit WIDE_SIGNED = 1,
    parameter int RIGHT = 0,
    parameter longint LOW = 0,
    parameter longint HIGH = 0,
    parameter bit CLIP_LOW = 0,
    parameter bit CLIP_HIGH = 0,
    parameter MULTIPLIER_FILE = "",
    parameter MULTIPLIER_STYLE = "lutram",
    parameter logic [MULTIPLIER_LANES*MULTIPLIER_WIDTH-1:0] MULTIPLIER_WORD = '0,
    parameter ADDEND_FILE = "",
    parameter ADDEND_STYLE = "lutram",
    parameter logic [ADDEND_LANES*ADDEND_WIDTH-1:0] ADDEND_WORD = '0,
    parameter int DEPTH = 5
) (
    input  logic                       clk,
    input  logic                       rst,
    input  logic [X_LANES*X_WIDTH-1:0] in_data,
    input  logic                       in_valid,
    output logic                       in_ready,
    output logic [X_LANES*Y_WIDTH-1:0] out_data,
    output logic                       out_valid,
    input  logic                       out_ready,
    output logic                       go,
    output logic                       starved,
    output logic                       blocked
);
  // Sums are signed; an unsigned code takes a bit for the sign.
  localparam int W = WIDE_WIDTH + (WIDE_SIGNED ? 0 : 1);
  localparam bit CONSTANT = MULTIPLIER_FOLDS == 1;
  localparam bit TURNS = MULTIPLIER_FOLDS > 1 || ADDEND_FOLDS > 1;
  localparam int F = TURNS ? $clog2(FOLDS) : 1;
  localparam int ROM = TURNS ? 1 : 0;
  // Registers behind the operands' and before the clip. Products of 16 bits or more are worth a slice, which takes two.
  localparam int N = DEPTH - ROM - 1;
  localparam int BITS = MULTIPLIER_WIDTH - (MULTIPLIER_SIGNED ? 1 : 0);
  localparam bit DSP = N > 2 && X_WIDTH > 2 && BITS > 2 && X_WIDTH + BITS >= 16;
  localparam int IN_PRODUCT = DSP ? 2 : N > 2 ? N - 1 : N;
  localparam int IN_SUM = N - IN_PRODUCT;

  logic advance;
  logic [F-1:0] fold;
  logic [ADDEND_LANES*ADDEND_WIDTH-1:0] addends;
  logic [MULTIPLIER_LANES*MULTIPLIER_WIDTH-1:0] multipliers;

  codesign_pipeline #(
      .DEPTH(DEPTH)
  ) control (
      .clk,
      .rst,
      .need(1'b1),
      .give(1'b1),
      .in_valid,
      .in_ready,
      .out_valid,
      .out_ready,
      .go,
      .advance,
      .starved,
      .blocked
  );

  generate
    if (TURNS) begin : g_turns
      logic unused_first, unused_last;
      codesign_counter #(
          .TURNS(FOLDS)
      ) folds (
          .clk,
          .rst,
          .step (go),
          .count(fold),
          .first(unused_first),
          .last (unused_last)
      );
    end else begin : g_same
      logic unused;
      assign unused = &{1'b0, fold};
      assign fold = '0;
    end

    if (ADDEND_FOLDS > 1) begin : g_addends
      codesign_rom #(
          .FILE (ADDEND_FILE),
          .WORDS(ADDEND_FOLDS),
          .BITS (ADDEND_LANES * ADDEND_WIDTH),
          .STYLE(ADDEND_STYLE)
      ) rom (
          .clk,
          .advance,
          .address(fold),
          .word(addends)
      );
    end else begin : g_addend
      assign addends = ADDEND_WORD;
    end

    if (MULTIPLIER_FOLDS > 1) begin : g_multipliers
      codesign_rom #(
          .FILE (MULTIPLIER_FILE),
          .WORDS(MULTIPLIER_FOLDS),
          .BITS (MULTIPLIER_LANES * MULTIPLIER_WIDTH),
          .STYLE(MULTIPLIER_STYLE)
      ) rom (
          .clk,
          .advance,
          .address(fold),
          .word(multipliers)
      );
    end else begin : g_multiplier
      logic unused;
      assign unused = &{1'b0, multipliers};
      assign multipliers = MULTIPLIER_WORD;
    end

    genvar l;
    for (l = 0; l < X_LANES; l++) begin : g_lane
      localparam int M = MULTIPLIER_LANES > 1 ? l : 0;
      localparam int A = ADDEND_LANES > 1 ? l : 0;
      logic [X_WIDTH-1:0] code;
      logic signed [W-1:0] addend, sum;
      logic [Y_WIDTH-1:0] y;

      codesign_delay #(
          .WIDTH (X_WIDTH),
          .CYCLES(ROM)
      ) operand (
          .clk,
          .advance,
          .in (in_data[l*X_WIDTH+:X_WIDTH]),
          .out(code)
      );

      codesign_recode #(
          .X_WIDTH (ADDEND_WIDTH),
          .X_SIGNED(ADDEND_SIGNED),
          .Y_WIDTH (W)
      ) widened (
          .x(addends[A*ADDEND_WIDTH+:ADDEND_WIDTH]),
          .y(addend)
      );

      if (CONSTANT) begin : g_digits
        localparam logic [MULTIPLIER_WIDTH-1:0] MULTIPLIER = MULTIPLIER_WORD[M*MULTIPLIER_WIDTH+:MULTIPLIER_WIDTH];
        localparam bit NEGATIVE = MULTIPLIER_SIGNED && MULTIPLIER[MULTIPLIER_WIDTH-1];
        localparam longint FACTOR = {{(64 - MULTIPLIER_WIDTH) {NEGATIVE}}, MULTIPLIER};

        codesign_digits #(
            .X_WIDTH (X_WIDTH),
            .X_SIGNED(X_SIGNED),
            .Y_WIDTH (W),
            .FACTOR  (FACTOR),
            .REGS    (N)
        ) scaled (
            .clk,
            .advance,
            .x(code),
            .start(addend),
            .y(sum)
        );
      end else begin : g_product
        logic signed [W-1:0] product, addend_r;

        codesign_multiply #(
            .X_WIDTH(X_WIDTH),
            .X_SIGNED(X_SIGNED),
            .W_WIDTH(MULTIPLIER_WIDTH),
            .W_SIGNED(MULTIPLIER_SIGNED),
            .MULTIPLIER(DSP ? "dsp" : "lut"),
            .Y_WIDTH(W),
            .REGS(IN_PRODUCT)
        ) multiply (
            .clk,
            .load({IN_PRODUCT > 0 ? IN_PRODUCT : 1{advance}}),
            .x(code),
            .w(multipliers[M*MULTIPLIER_WIDTH+:MULTIPLIER_WIDTH]),
            .v('0),
            .y(product)
        );
        codesign_delay #(
            .WIDTH (W),
            .CYCLES(IN_PRODUCT)
        ) addend_line (
            .clk,
            .advance,
            .in (addend),
            .out(addend_r)
        );
        codesign_delay #(
            .WIDTH (W),
            .CYCLES(IN_SUM)
        ) sum_line (
            .clk,
            .advance,
            .in (product + addend_r),
            .out(sum)
        );
      end

      always_comb begin
        y = Y_WIDTH'(sum >>> RIGHT);
        if (CLIP_LOW && (sum >>> RIGHT) < W'(LOW)) y = Y_WIDTH'(LOW);
        if (CLIP_HIGH && (sum >>> RIGHT) > W'(HIGH)) y = Y_WIDTH'(HIGH);
      end

      codesign_delay #(
          .WIDTH (Y_WIDTH),
          .CYCLES(1)
      ) last (
          .clk,
          .advance,
          .in (y),
          .out(out_data[l*Y_WIDTH+:Y_WIDTH])
      );
    end
  endgenerate
endmodule
