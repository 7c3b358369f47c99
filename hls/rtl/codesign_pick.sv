// Some channels of a stream: of the FOLDS beats of a position those from START to before STOP, in the type of y. One loop:
// a beat is taken in every iteration.
//
//   in_data --recode--> [ y ] --> codesign_delay (DEPTH - 1) --> out_data
//
// FOLDS, START, STOP: beats. X_*, Y_*: the beats, of the same lanes. DEPTH: registers of the pipeline.
module codesign_pick #(
    parameter int FOLDS = 4,
    parameter int START = 1,
    parameter int STOP = 3,
    parameter int X_WIDTH = 8,
    parameter bit X_SIGNED = 1,
    parameter int X_LANES = 1,
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
  localparam int OUT = Y_LANES * Y_WIDTH;
  localparam int BITS = $clog2(FOLDS + 1);  // STOP may be FOLDS

  logic advance, wanted, unused_first, unused_last;
  logic [BITS-1:0] fold;
  logic [OUT-1:0] code, y;

  codesign_counter #(
      .TURNS(FOLDS),
      .BITS (BITS)
  ) folds (
      .clk,
      .rst,
      .step (go),
      .count(fold),
      .first(unused_first),
      .last (unused_last)
  );
  generate
    if (START == 0) begin : g_from_first
      assign wanted = fold < BITS'(STOP);
    end else begin : g_from_start
      assign wanted = fold >= BITS'(START) && fold < BITS'(STOP);
    end
  endgenerate

  codesign_pipeline #(
      .DEPTH (DEPTH),
      .READS (1),
      .WRITES(1)
  ) control (
      .clk,
      .rst,
      .need(1'b1),
      .give(wanted),
      .in_valid,
      .in_ready,
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
      .Y_WIDTH(Y_WIDTH),
      .LANES(Y_LANES)
  ) recoded (
      .x(in_data),
      .y(code)
  );

  always_ff @(posedge clk) if (advance) y <= code;

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
