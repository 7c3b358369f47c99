// The sum of LANES powers, in a tree with REGS registers, and the powers as late as their sum.
//
//   powers -+--> tree (|r|) --> total
//           '------ |r| ------> powers_late
module codesign_total #(
    parameter int LANES = 1,
    parameter int POWER_WIDTH = 8,
    parameter int TOTAL_WIDTH = 8,
    parameter int REGS = 0
) (
    input  logic                         clk,
    input  logic                         advance,
    input  logic [LANES*POWER_WIDTH-1:0] powers,
    output logic [LANES*POWER_WIDTH-1:0] powers_late,
    output logic [      TOTAL_WIDTH-1:0] total
);
  logic [LANES*TOTAL_WIDTH-1:0] terms;

  codesign_recode #(
      .X_WIDTH (POWER_WIDTH),
      .X_SIGNED(1'b0),
      .Y_WIDTH (TOTAL_WIDTH),
      .LANES   (LANES)
  ) widened (
      .x(powers),
      .y(terms)
  );

  codesign_reduce #(
      .TERMS(LANES),
      .X_WIDTH(TOTAL_WIDTH),
      .X_SIGNED(1'b0),
      .LARGEST(1'b0),
      .REGS(REGS)
  ) sum (
      .clk,
      .advance,
      .x(terms),
      .y(total)
  );

  codesign_delay #(
      .WIDTH (LANES * POWER_WIDTH),
      .CYCLES(REGS)
  ) line (
      .clk,
      .advance,
      .in (powers),
      .out(powers_late)
  );
endmodule
