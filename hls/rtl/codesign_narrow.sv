// Splits each beat of x into RATIO beats of y, the lowest lanes first. One loop: a beat is given in every iteration, and
// one taken in the first of every RATIO.
//
//   in_data --> [ x: loaded in the first iteration, shifted by one beat of y in the others ]
//                 lowest beat of y --> codesign_delay (DEPTH - 1) --> out_data
//
// RATIO: beats of y in one of x. X_*, Y_*: the beats. DEPTH: registers of the pipeline.
module codesign_narrow #(
    parameter int RATIO = 2,
    parameter int X_WIDTH = 8,
    parameter int X_LANES = 2,
    parameter int Y_WIDTH = 8,
    parameter int Y_LANES = 1,
    parameter int DEPTH = 1
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
  localparam int IN = X_LANES * X_WIDTH;
  localparam int OUT = Y_LANES * Y_WIDTH;

  logic advance, first, unused_last;
  logic [(RATIO > 1 ? $clog2(RATIO) : 1)-1:0] unused_part;
  logic [IN-1:0] x;

  codesign_counter #(
      .TURNS(RATIO)
  ) parts (
      .clk,
      .rst,
      .step (go),
      .count(unused_part),
      .first,
      .last (unused_last)
  );

  codesign_pipeline #(
      .DEPTH (DEPTH),
      .READS (1),
      .WRITES(1)
  ) control (
      .clk,
      .rst,
      .need(first),
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

  always_ff @(posedge clk) if (go) x <= first ? in_data : x >> OUT;

  codesign_delay #(
      .WIDTH (OUT),
      .CYCLES(DEPTH - 1)
  ) behind (
      .clk,
      .advance,
      .in (x[OUT-1:0]),
      .out(out_data)
  );
endmodule
