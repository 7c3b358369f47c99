// The folded matrix-vector product: output fold after output fold, the first one while the vector comes. Of a block-diagonal
// matrix, group after group on the same multipliers.
//
//   turn 0: x[0] read, x[1] read, ... --> y[0]      turn 1: x[0], x[1], ... (kept) --> y[1]      ...      next group: ...
//
//   in_data --> codesign_folded: Y_LANES x X_LANES products, Y_LANES accumulators --> out_data
//                 ^ place, word, fold, first
//   go --> place: 0 .. IN_FOLDS-1 --> turn: 0 .. FOLDS-1 --> group;  fold = group * FOLDS + turn, word = fold * IN_FOLDS + place
//
// IN_FOLDS: beats of a (group's) vector. FOLDS: beats of its results. OUT_FOLDS: beats of all results; the same for a single
// group. Word `word` of the weights holds in lane p * X_LANES + i the weight of input lane i for output lane p; the weights
// and the bias of a group lie behind those of the one before.
// X_*, Y_*: the beats; X_LANES and Y_LANES are what is multiplied and summed at a time. WEIGHT_*, BIAS_*: codes.
// MULTIPLIER, SHIFT: what the products are made of, see codesign_multiply. WEIGHTS_*, BIAS_*: the memories, see
// codesign_rom. DEPTH: registers of the pipeline, as codesign_folded shares them out.
module codesign_matvec #(
    parameter int IN_FOLDS = 1,
    parameter int OUT_FOLDS = 1,
    parameter int FOLDS = OUT_FOLDS,
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
    parameter int SHIFT = 0,
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
  localparam int WORD_BITS = WEIGHTS_WORDS > 1 ? $clog2(WEIGHTS_WORDS) : 1;
  localparam int PLACE_BITS = IN_FOLDS > 1 ? $clog2(IN_FOLDS) : 1;
  localparam int FOLD_BITS = OUT_FOLDS > 1 ? $clog2(OUT_FOLDS) : 1;
  localparam int TURN_BITS = FOLDS > 1 ? $clog2(FOLDS) : 1;

  logic advance, first, last, reads, group_done, begins, all_done, unused;
  logic [WORD_BITS-1:0] word;
  logic [PLACE_BITS-1:0] place;
  logic [FOLD_BITS-1:0] fold;
  logic [TURN_BITS-1:0] turn;

  assign unused = &{1'b0, begins, turn, group_done};

  codesign_pipeline #(
      .DEPTH (DEPTH),
      .READS (1),
      .WRITES(1)
  ) control (
      .clk,
      .rst,
      .need(reads),
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

  codesign_counter #(
      .TURNS(IN_FOLDS)
  ) places (
      .clk,
      .rst,
      .step(go),
      .count(place),
      .first,
      .last
  );
  codesign_counter #(
      .TURNS(FOLDS)
  ) turns (
      .clk,
      .rst,
      .step(go && last),
      .count(turn),
      .first(reads),
      .last(group_done)
  );
  codesign_counter #(
      .TURNS(OUT_FOLDS)
  ) folds (
      .clk,
      .rst,
      .step(go && last),
      .count(fold),
      .first(begins),
      .last(all_done)
  );

  always_ff @(posedge clk)
    if (rst || (go && last && all_done)) word <= '0;
    else if (go) word <= word + 1'b1;

  codesign_folded #(
      .X_WIDTH      (X_WIDTH),
      .X_SIGNED     (X_SIGNED),
      .X_LANES      (X_LANES),
      .Y_WIDTH      (Y_WIDTH),
      .Y_LANES      (Y_LANES),
      .WEIGHT_WIDTH (WEIGHT_WIDTH),
      .WEIGHT_SIGNED(WEIGHT_SIGNED),
      .BIAS_WIDTH   (BIAS_WIDTH),
      .BIAS_SIGNED  (BIAS_SIGNED),
      .BIASED       (BIASED),
      .PLACES       (IN_FOLDS),
      .KEPT         (FOLDS > 1),
      .TURNS        (IN_FOLDS > 1),
      .FOLDS        (OUT_FOLDS),
      .MULTIPLIER   (MULTIPLIER),
      .SHIFT        (SHIFT),
      .WEIGHTS_FILE (WEIGHTS_FILE),
      .WEIGHTS_WORDS(WEIGHTS_WORDS),
      .WEIGHTS_STYLE(WEIGHTS_STYLE),
      .BIAS_FILE    (BIAS_FILE),
      .BIAS_STYLE   (BIAS_STYLE),
      .DEPTH        (DEPTH)
  ) data (
      .clk,
      .rst,
      .go,
      .advance,
      .reads,
      .first,
      .word,
      .place,
      .fold,
      .in_data,
      .out_data
  );
endmodule
