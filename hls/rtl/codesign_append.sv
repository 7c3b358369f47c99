// The channels of two streams behind each other: of the FOLDS beats of a position the first FIRST come from stream 0, the
// others from stream 1, both in the type of z. One loop: a beat is given in every iteration.
//
//   in_0_data --recode--+
//                       +-- choice by fold --> [ z ] --> codesign_delay (DEPTH - 1) --> out_data
//   in_1_data --recode--+
//
// FOLDS, FIRST: beats. X_*, Y_*, Z_*: the beats, of the same lanes. DEPTH: registers of the pipeline.
module codesign_append #(
    parameter int FOLDS = 4,
    parameter int FIRST = 2,
    parameter int X_WIDTH = 8,
    parameter bit X_SIGNED = 1,
    parameter int X_LANES = 1,
    parameter int Y_WIDTH = 8,
    parameter bit Y_SIGNED = 1,
    parameter int Y_LANES = 1,
    parameter int Z_WIDTH = 8,
    parameter int Z_LANES = 1,
    parameter int DEPTH = 1
) (
    input  logic                       clk,
    input  logic                       rst,
    input  logic [X_LANES*X_WIDTH-1:0] in_0_data,
    input  logic                       in_0_valid,
    output logic                       in_0_ready,
    input  logic [Y_LANES*Y_WIDTH-1:0] in_1_data,
    input  logic                       in_1_valid,
    output logic                       in_1_ready,
    output logic [Z_LANES*Z_WIDTH-1:0] out_data,
    output logic                       out_valid,
    input  logic                       out_ready,
    output logic                       go,
    output logic [                1:0] starved,
    output logic                       blocked
);
  localparam int OUT = Z_LANES * Z_WIDTH;
  localparam int BITS = FOLDS > 1 ? $clog2(FOLDS) : 1;

  logic advance, other, unused_first, unused_last;
  logic [BITS-1:0] fold;
  logic [OUT-1:0] x, y, z;

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
  assign other = fold >= BITS'(FIRST);

  codesign_pipeline #(
      .DEPTH (DEPTH),
      .READS (2),
      .WRITES(1)
  ) control (
      .clk,
      .rst,
      .need({other, !other}),
      .give(1'b1),
      .in_valid({in_1_valid, in_0_valid}),
      .in_ready({in_1_ready, in_0_ready}),
      .out_valid,
      .out_ready,
      .go,
      .advance,
      .starved,
      .blocked
  );

  codesign_recode #(
      .X_WIDTH(X_WIDTH),
      .X_SIGNED(X_SIGNED),
      .Y_WIDTH(Z_WIDTH),
      .LANES(Z_LANES)
  ) from_0 (
      .x(in_0_data),
      .y(x)
  );
  codesign_recode #(
      .X_WIDTH(Y_WIDTH),
      .X_SIGNED(Y_SIGNED),
      .Y_WIDTH(Z_WIDTH),
      .LANES(Z_LANES)
  ) from_1 (
      .x(in_1_data),
      .y
  );

  always_ff @(posedge clk) if (advance) z <= other ? y : x;

  codesign_delay #(
      .WIDTH (OUT),
      .CYCLES(DEPTH - 1)
  ) behind (
      .clk,
      .advance,
      .in (z),
      .out(out_data)
  );
endmodule
