// The first index of the largest element of each position.
//
//   in_data --> tree of comparisons (|r|) --> the best of the beat --> the best of the position |r| --> out_data
//   fold's first index -------- |r| ... -------------^
//
// DEPTH registers: the best of the position is the last of them, the others are spread over the levels of the tree.
//
// FOLDS: beats of a position. X_*: beats. Y_WIDTH: a code that holds the last index.
module codesign_argmax #(
    parameter int FOLDS = 1,
    parameter int X_WIDTH = 8,
    parameter bit X_SIGNED = 1,
    parameter int X_LANES = 1,
    parameter int Y_WIDTH = 1,
    parameter int DEPTH = 2
) (
    input  logic                       clk,
    input  logic                       rst,
    input  logic [X_LANES*X_WIDTH-1:0] in_data,
    input  logic                       in_valid,
    output logic                       in_ready,
    output logic [        Y_WIDTH-1:0] out_data,
    output logic                       out_valid,
    input  logic                       out_ready,
    output logic                       go,
    output logic                       starved,
    output logic                       blocked
);
  localparam int INDEX = X_LANES > 1 ? $clog2(X_LANES) : 1;
  localparam int F = FOLDS > 1 ? $clog2(FOLDS) : 1;

  logic advance, first, last, begins, there, better;
  logic [F-1:0] fold, fold_r;
  logic [X_WIDTH-1:0] most, best;
  logic [INDEX-1:0] lane;

  codesign_counter #(
      .TURNS(FOLDS)
  ) folds (
      .clk,
      .rst,
      .step (go),
      .count(fold),
      .first,
      .last
  );

  codesign_pipeline #(
      .DEPTH(DEPTH)
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

  codesign_largest #(
      .TERMS(X_LANES),
      .X_WIDTH(X_WIDTH),
      .X_SIGNED(X_SIGNED),
      .REGS(DEPTH - 1)
  ) of_beat (
      .clk,
      .advance,
      .x(in_data),
      .y(most),
      .index(lane)
  );

  codesign_delay #(
      .WIDTH (F + 2),
      .CYCLES(DEPTH - 1)
  ) beside (
      .clk,
      .advance,
      .in ({fold, first, go}),
      .out({fold_r, begins, there})
  );

  generate
    if (X_SIGNED) begin : g_signed
      assign better = begins || $signed(most) > $signed(best);
    end else begin : g_unsigned
      assign better = begins || most > best;
    end
  endgenerate

  always_ff @(posedge clk)
    if (advance && there && better) begin
      best <= most;
      out_data <= Y_WIDTH'(fold_r) * Y_WIDTH'(X_LANES) + Y_WIDTH'(lane);
    end
endmodule
