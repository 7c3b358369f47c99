// Gathers RATIO beats of x into one beat of y, the first in the lowest lanes. One loop: a beat is taken in every
// iteration, and one given in every RATIO-th.
//
//   in_data --> [ y: shifted by one beat of x in every iteration ] --> codesign_delay (DEPTH - 1) --> out_data
//
// RATIO: beats of x in one of y. X_*, Y_*: the beats. DEPTH: registers of the pipeline.
module codesign_widen #(
    parameter int RATIO = 2,
    parameter int X_WIDTH = 8,
    parameter int X_LANES = 1,
    parameter int Y_WIDTH = 8,
    parameter int Y_LANES = 2,
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

  logic advance, last, unused_first;
  logic [(RATIO > 1 ? $clog2(RATIO) : 1)-1:0] unused_part;
  logic [OUT-1:0] y;

  codesign_counter #(
      .TURNS(RATIO)
  ) parts (
      .clk,
      .rst,
      .step (go),
      .count(unused_part),
      .first(unused_first),
      .last
  );

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

  always_ff @(posedge clk) if (go) y <= OUT'({in_data, y} >> IN);

  codesign_delay #(
      .WIDTH (OUT),
      .CYCLES(DEPTH - 1)
  ) behind (
      .clk,
      .advance,
      .in (y),
      .out(out_data)
  );
endmodule
