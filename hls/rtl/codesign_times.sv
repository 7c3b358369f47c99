// z = (LEFT * x + LEFT_ADDEND) * (RIGHT * y + RIGHT_ADDEND), element by element. One loop: a beat is given in every
// iteration, and one of x taken. A beat of y is taken in every iteration where POSITIONS is 1; else y is a vector of FOLDS
// beats, read at the first of POSITIONS and kept for the others.
//
//   in_0_data ------------> LEFT * x + LEFT_ADDEND ---> |u| --+
//                                                             codesign_multiply --> out_data
//   in_1_data --> held y -> RIGHT * y + RIGHT_ADDEND -> |v| --+
//
// POSITIONS, FOLDS: of the vector, see codesign_held. X_*, Y_*, Z_*: the beats, of the same lanes. U_*, V_*: the types of the
// two factors. DEPTH: registers of the pipeline: at least 2, and 3 for a DSP slice.
module codesign_times #(
    parameter int POSITIONS = 1,
    parameter int FOLDS = 4,
    parameter int X_WIDTH = 8,
    parameter bit X_SIGNED = 1,
    parameter int X_LANES = 1,
    parameter int Y_WIDTH = 8,
    parameter bit Y_SIGNED = 1,
    parameter int Y_LANES = 1,
    parameter int Z_WIDTH = 16,
    parameter int Z_LANES = 1,
    parameter longint LEFT = 1,
    parameter longint RIGHT = 1,
    parameter longint LEFT_ADDEND = 0,
    parameter longint RIGHT_ADDEND = 0,
    parameter int U_WIDTH = 8,
    parameter bit U_SIGNED = 1,
    parameter int V_WIDTH = 8,
    parameter bit V_SIGNED = 1,
    parameter int DEPTH = 4
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
  // A product is worth a DSP slice from 16 bits on, unless it is a gate (a factor of one or two bits): where the design's
  // costs draw the line. A slice has its two registers; what is made of adders has all that the operands leave.
  localparam bit SLICE = U_WIDTH > 2 && V_WIDTH > 2 && U_WIDTH + V_WIDTH >= 16;
  localparam int PRODUCT_REGS = SLICE ? 2 : DEPTH - 1;
  localparam int OPERAND_REGS = DEPTH - PRODUCT_REGS;

  logic advance, fresh;
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
      .y
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

  for (genvar l = 0; l < Z_LANES; l++) begin : g_lane
    logic [U_WIDTH-1:0] from_x, u;
    logic [V_WIDTH-1:0] from_y, v;
    logic signed [Z_WIDTH-1:0] z;

    codesign_scale #(
        .X_WIDTH (X_WIDTH),
        .X_SIGNED(X_SIGNED),
        .Y_WIDTH (U_WIDTH),
        .FACTOR  (LEFT),
        .ADDEND  (LEFT_ADDEND)
    ) left (
        .x(in_0_data[l*X_WIDTH+:X_WIDTH]),
        .y(from_x)
    );
    codesign_delay #(
        .WIDTH (U_WIDTH),
        .CYCLES(OPERAND_REGS)
    ) left_factor (
        .clk,
        .advance,
        .in (from_x),
        .out(u)
    );
    codesign_scale #(
        .X_WIDTH (Y_WIDTH),
        .X_SIGNED(Y_SIGNED),
        .Y_WIDTH (V_WIDTH),
        .FACTOR  (RIGHT),
        .ADDEND  (RIGHT_ADDEND)
    ) right (
        .x(y[l*Y_WIDTH+:Y_WIDTH]),
        .y(from_y)
    );
    codesign_delay #(
        .WIDTH (V_WIDTH),
        .CYCLES(OPERAND_REGS)
    ) right_factor (
        .clk,
        .advance,
        .in (from_y),
        .out(v)
    );
    codesign_multiply #(
        .X_WIDTH(U_WIDTH),
        .X_SIGNED(U_SIGNED),
        .W_WIDTH(V_WIDTH),
        .W_SIGNED(V_SIGNED),
        .MULTIPLIER(SLICE ? "dsp" : "lut"),
        .Y_WIDTH(Z_WIDTH),
        .REGS(PRODUCT_REGS)
    ) multiplied (
        .clk,
        .load({PRODUCT_REGS{advance}}),
        .x(u),
        .w(v),
        .v('0),
        .y(z)
    );
    assign out_data[l*Z_WIDTH+:Z_WIDTH] = z;
  end
endmodule
