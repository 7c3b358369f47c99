// Each beat to every output.
//
//                       ,--> out 0
//   in_data --> |r| ----+--> out 1
//                       '--> ...
//
// OUTPUTS: streams written. X_*: the beat. DEPTH: registers of the pipeline.
module codesign_fork #(
    parameter int OUTPUTS = 2,
    parameter int X_WIDTH = 8,
    parameter int X_LANES = 1,
    parameter int DEPTH = 1
) (
    input  logic                       clk,
    input  logic                       rst,
    input  logic [X_LANES*X_WIDTH-1:0] in_data,
    input  logic                       in_valid,
    output logic                       in_ready,
    output logic [OUTPUTS*X_LANES*X_WIDTH-1:0] out_data,
    output logic [        OUTPUTS-1:0] out_valid,
    input  logic [        OUTPUTS-1:0] out_ready,
    output logic                       go,
    output logic                       starved,
    output logic [        OUTPUTS-1:0] blocked
);
  logic advance;
  logic [X_LANES*X_WIDTH-1:0] beat;

  codesign_pipeline #(
      .DEPTH (DEPTH),
      .READS (1),
      .WRITES(OUTPUTS)
  ) control (
      .clk,
      .rst,
      .need(1'b1),
      .give({OUTPUTS{1'b1}}),
      .in_valid,
      .in_ready,
      .out_valid,
      .out_ready,
      .go,
      .advance,
      .starved,
      .blocked
  );

  codesign_delay #(
      .WIDTH (X_LANES * X_WIDTH),
      .CYCLES(DEPTH)
  ) data (
      .clk,
      .advance,
      .in (in_data),
      .out(beat)
  );

  assign out_data = {OUTPUTS{beat}};
endmodule
