// Requantization by comparisons: y = base[c] + count(x >= levels[c]), or base[c] - count.
//
//   fold ---- |r| -> [ROM|r] -> levels
//   in_data - |r| ------|r| -> x >= levels -> count (|r|) -> base +- count -> |r| -> out_data      for each lane
//             AHEAD                           IN_TREE
//
// The comparators of a lane stand side by side, and a tree counts them. Where channels take turns (several folds), one
// of the DEPTH registers is the ROMs', whose words belong to a fold. The others are spread over a level of comparison,
// those of the tree and one for the base: register r of N behind level r LEVELS / N, so the last behind all.
//
// FOLDS: beats of a position. STEPS: levels per channel. X_*, Y_*: beats. LEVEL_*, BASE_*, FALL_*: the codes in the
// memories, and how many folds and lanes these have (1 where all channels agree). WIDE_*: a code for every x and the
// number above the largest, where a level is never reached. COUNT_WIDTH: of a count. RISING, FALLING: whether all
// channels rise, or all fall; if neither, those fall whose FALL is 1. *_FILE, *_STYLE: see codesign_rom; a word of
// LEVELS has the first level of each lane, then the second of each, ...
module codesign_thresholds #(
    parameter int FOLDS = 1,
    parameter int STEPS = 1,
    parameter int X_WIDTH = 8,
    parameter bit X_SIGNED = 1,
    parameter int X_LANES = 1,
    parameter int Y_WIDTH = 8,
    parameter int LEVEL_WIDTH = 8,
    parameter bit LEVEL_SIGNED = 1,
    parameter int LEVEL_FOLDS = 1,
    parameter int LEVEL_LANES = 1,
    parameter int BASE_WIDTH = 1,
    parameter bit BASE_SIGNED = 1,
    parameter int BASE_FOLDS = 1,
    parameter int BASE_LANES = 1,
    parameter int FALL_WIDTH = 1,
    parameter int FALL_FOLDS = 1,
    parameter int FALL_LANES = 1,
    parameter bit RISING = 1,
    parameter bit FALLING = 0,
    parameter int WIDE_WIDTH = 9,
    parameter bit WIDE_SIGNED = 1,
    parameter int COUNT_WIDTH = 1,
    parameter LEVELS_FILE = "",
    parameter LEVELS_STYLE = "registers",
    parameter BASE_FILE = "",
    parameter BASE_STYLE = "registers",
    parameter FALL_FILE = "",
    parameter FALL_STYLE = "registers",
    parameter int DEPTH = 2
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
  // Comparisons are signed; an unsigned code takes a bit for the sign.
  localparam int W = WIDE_WIDTH + (WIDE_SIGNED ? 0 : 1);
  localparam bit TURNS = LEVEL_FOLDS > 1 || BASE_FOLDS > 1 || FALL_FOLDS > 1;
  localparam int F = TURNS ? $clog2(FOLDS) : 1;
  localparam int ROM = TURNS ? 1 : 0;
  localparam int N = DEPTH - ROM;
  localparam int LEVELS = $clog2(STEPS) + 2;
  localparam int AHEAD = (N + LEVELS - 1) / LEVELS - 1;
  localparam int IN_TREE = N - 1 - AHEAD;

  localparam int LEVEL_ADDRESS = LEVEL_FOLDS > 1 ? F : 1;
  localparam int BASE_ADDRESS = BASE_FOLDS > 1 ? F : 1;
  localparam int FALL_ADDRESS = FALL_FOLDS > 1 ? F : 1;

  logic advance;
  logic [F-1:0] fold, fold_r;
  logic [STEPS*LEVEL_LANES*LEVEL_WIDTH-1:0] levels;
  logic [BASE_LANES*BASE_WIDTH-1:0] bases, bases_r;
  logic [FALL_LANES*FALL_WIDTH-1:0] falls, falls_r;

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
      assign fold = '0;
    end
  endgenerate

  codesign_delay #(
      .WIDTH (F),
      .CYCLES(AHEAD)
  ) fold_ahead (
      .clk,
      .advance,
      .in (fold),
      .out(fold_r)
  );

  codesign_rom #(
      .FILE(LEVELS_FILE),
      .WORDS(LEVEL_FOLDS),
      .BITS(STEPS * LEVEL_LANES * LEVEL_WIDTH),
      .STYLE(LEVELS_STYLE)
  ) level_rom (
      .clk,
      .advance,
      .address(LEVEL_ADDRESS'(fold_r)),
      .word(levels)
  );

  codesign_rom #(
      .FILE(BASE_FILE),
      .WORDS(BASE_FOLDS),
      .BITS(BASE_LANES * BASE_WIDTH),
      .STYLE(BASE_STYLE)
  ) base_rom (
      .clk,
      .advance,
      .address(BASE_ADDRESS'(fold_r)),
      .word(bases)
  );

  codesign_rom #(
      .FILE(FALL_FILE),
      .WORDS(FALL_FOLDS),
      .BITS(FALL_LANES * FALL_WIDTH),
      .STYLE(FALL_STYLE)
  ) fall_rom (
      .clk,
      .advance,
      .address(FALL_ADDRESS'(fold_r)),
      .word(falls)
  );

  codesign_delay #(
      .WIDTH (BASE_LANES * BASE_WIDTH),
      .CYCLES(IN_TREE)
  ) base_line (
      .clk,
      .advance,
      .in (bases),
      .out(bases_r)
  );

  codesign_delay #(
      .WIDTH (FALL_LANES * FALL_WIDTH),
      .CYCLES(IN_TREE)
  ) fall_line (
      .clk,
      .advance,
      .in (falls),
      .out(falls_r)
  );

  generate
    genvar l, k;
    for (l = 0; l < X_LANES; l++) begin : g_lane
      localparam int LEVEL = LEVEL_LANES > 1 ? l : 0;
      localparam int BASE = BASE_LANES > 1 ? l : 0;
      localparam int FALL = FALL_LANES > 1 ? l : 0;
      logic [X_WIDTH-1:0] code;
      logic signed [W-1:0] x;
      logic [STEPS*COUNT_WIDTH-1:0] passed;
      logic [COUNT_WIDTH-1:0] count;
      logic [Y_WIDTH-1:0] base, steps, y;

      codesign_delay #(
          .WIDTH (X_WIDTH),
          .CYCLES(AHEAD + ROM)
      ) x_ahead (
          .clk,
          .advance,
          .in (in_data[l*X_WIDTH+:X_WIDTH]),
          .out(code)
      );

      codesign_recode #(
          .X_WIDTH (X_WIDTH),
          .X_SIGNED(X_SIGNED),
          .Y_WIDTH (W)
      ) widened (
          .x(code),
          .y(x)
      );

      for (k = 0; k < STEPS; k++) begin : g_step
        logic signed [W-1:0] level;
        codesign_recode #(
            .X_WIDTH (LEVEL_WIDTH),
            .X_SIGNED(LEVEL_SIGNED),
            .Y_WIDTH (W)
        ) widened (
            .x(levels[(k*LEVEL_LANES+LEVEL)*LEVEL_WIDTH+:LEVEL_WIDTH]),
            .y(level)
        );
        assign passed[k*COUNT_WIDTH+:COUNT_WIDTH] = COUNT_WIDTH'(x >= level);
      end

      codesign_reduce #(
          .TERMS(STEPS),
          .X_WIDTH(COUNT_WIDTH),
          .X_SIGNED(1'b0),
          .LARGEST(1'b0),
          .REGS(IN_TREE)
      ) counted (
          .clk,
          .advance,
          .x(passed),
          .y(count)
      );

      codesign_recode #(
          .X_WIDTH (COUNT_WIDTH),
          .X_SIGNED(1'b0),
          .Y_WIDTH (Y_WIDTH)
      ) steps_up (
          .x(count),
          .y(steps)
      );

      codesign_recode #(
          .X_WIDTH (BASE_WIDTH),
          .X_SIGNED(BASE_SIGNED),
          .Y_WIDTH (Y_WIDTH)
      ) start (
          .x(bases_r[BASE*BASE_WIDTH+:BASE_WIDTH]),
          .y(base)
      );

      assign y = FALLING || !RISING && falls_r[FALL*FALL_WIDTH] ? base - steps : base + steps;

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
