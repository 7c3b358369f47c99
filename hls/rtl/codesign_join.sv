// z = LEFT * x + RIGHT * y, element by element, modulo 2^Z_WIDTH (the design proves that every result fits). One loop: a
// beat is given in every iteration, and one of x taken. A beat of y is taken in every iteration where POSITIONS is 1;
// else y is a vector of FOLDS beats, read at the first of POSITIONS and kept for the others.
//
//   in_0_data ------------> codesign_delay --> LEFT * x  --> [ a ] --+
//                           (DEPTH - 2)                              + --> [ z ] --> out_data
//   in_1_data --> held y -> codesign_delay --> RIGHT * y --> [ b ] --+
//
// POSITIONS, FOLDS: of the vector, see codesign_held. X_*, Y_*, Z_*: the beats, of the same lanes. LEFT, RIGHT: constants.
// DEPTH >= 2: registers of the pipeline.
module codesign_join #(
    parameter int POSITIONS = 1,
    parameter int FOLDS = 4,
    parameter int X_WIDTH = 8,
    parameter bit X_SIGNED = 1,
    parameter int X_LANES = 1,
    parameter int Y_WIDTH = 8,
    parameter bit Y_SIGNED = 1,
    parameter int Y_LANES = 1,
    parameter int Z_WIDTH = 9,
    parameter int Z_LANES = 1,
    parameter longint LEFT = 1,
    parameter longint RIGHT = 1,
    parameter int DEPTH = 2
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
  logic advance, fresh;
  logic [Y_LANES*Y_WIDTH-1:0] kept;
  logic [X_LANES*X_WIDTH-1:0] x;
  logic [Y_LANES*Y_WIDTH-1:0] y;

  codesign_held #(
      .POSITIONS(POSITIONS),
      .FOLDS(FOLDS),
      .WIDTH(Y_LANES * Y_WIDTH)
  ) held (
      .clk,
      .rst,
      .step(go),
      .in_data(in_1_data),
      .fresh,
      .y(kept)
  );

  codesign_pipeline #(
      .DEPTH (DEPTH),
      .READS (2),
      .WRITES(1)
  ) control (
      .clk,
      .rst,
      .need({fresh, 1'b1}),
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

  codesign_delay #(
      .WIDTH (X_LANES * X_WIDTH),
      .CYCLES(DEPTH - 2)
  ) operand_x (
      .clk,
      .advance,
      .in (in_0_data),
      .out(x)
  );
  codesign_delay #(
      .WIDTH (Y_LANES * Y_WIDTH),
      .CYCLES(DEPTH - 2)
  ) operand_y (
      .clk,
      .advance,
      .in (kept),
      .out(y)
  );

  for (genvar l = 0; l < Z_LANES; l++) begin : g_lane
    logic [Z_WIDTH-1:0] from_x, from_y, a, b, z;

    codesign_scale #(
        .X_WIDTH (X_WIDTH),
        .X_SIGNED(X_SIGNED),
        .Y_WIDTH (Z_WIDTH),
        .FACTOR  (LEFT)
    ) left (
        .x(x[l*X_WIDTH+:X_WIDTH]),
        .y(from_x)
    );
    codesign_scale #(
        .X_WIDTH (Y_WIDTH),
        .X_SIGNED(Y_SIGNED),
        .Y_WIDTH (Z_WIDTH),
        .FACTOR  (RIGHT)
    ) right (
        .x(y[l*Y_WIDTH+:Y_WIDTH]),
        .y(from_y)
    );

    always_ff @(posedge clk)
      if (advance) begin
        a <= from_x;
        b <= from_y;
        z <= a + b;
      end
    assign out_data[l*Z_WIDTH+:Z_WIDTH] = z;
  end
endmodule
