// The multiplier of 27 x 18 bits of an UltraScale+ slice (DSP48E2), written as a slice of 7-series (DSP48E1) that is as
// wide: Yosys 0.70 packs registers, pre-adders and accumulators into that one only, and both slices have the same ones
// (UG579 figure 2-1, UG479 figure 2-1). The netlist is counted, never built.
(* techmap_celltype = "$__MUL27X18" *)
module codesign_dsp48e2 (
    input [26:0] A,
    input [17:0] B,
    output [44:0] Y
);
  parameter A_SIGNED = 0;
  parameter B_SIGNED = 0;
  parameter A_WIDTH = 0;
  parameter B_WIDTH = 0;
  parameter Y_WIDTH = 0;
  wire [47:0] p;
  DSP48E1 #(
      .ACASCREG(0), .ADREG(0), .ALUMODEREG(0), .AREG(0), .BCASCREG(0), .BREG(0), .CARRYINREG(0), .CARRYINSELREG(0),
      .CREG(0), .DREG(0), .INMODEREG(0), .MREG(0), .OPMODEREG(0), .PREG(0),
      .A_INPUT("DIRECT"), .B_INPUT("DIRECT"), .USE_MULT("MULTIPLY"), .USE_SIMD("ONE48"), .USE_DPORT("FALSE")
  ) _TECHMAP_REPLACE_ (
      .A({{3{A[26]}}, A}), .B(B), .C(48'b0), .D(25'b0), .P(p),
      .ACIN(30'b0), .BCIN(18'b0), .PCIN(48'b0), .CARRYIN(1'b0), .CARRYINSEL(3'b0),
      .INMODE(5'b0), .ALUMODE(4'b0), .OPMODE(7'b0000101)
  );
  assign Y = p;
endmodule
