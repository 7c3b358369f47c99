// The same elements in codes of another type: sign or zero extended by the type of x, cut where y is narrower (the design
// proves that every code fits). Wires only.
module codesign_recode #(
    parameter int X_WIDTH = 8,
    parameter bit X_SIGNED = 1,
    parameter int Y_WIDTH = 8,
    parameter int LANES = 1
) (
    input  logic [LANES*X_WIDTH-1:0] x,
    output logic [LANES*Y_WIDTH-1:0] y
);
  logic unused;  // the bits that are cut
  assign unused = &{1'b0, x};
  for (genvar l = 0; l < LANES; l++) begin : g_lane
    if (Y_WIDTH > X_WIDTH) begin : g_longer
      logic sign;
      assign sign = X_SIGNED && x[(l+1)*X_WIDTH-1];
      assign y[l*Y_WIDTH+:Y_WIDTH] = {{(Y_WIDTH - X_WIDTH) {sign}}, x[l*X_WIDTH+:X_WIDTH]};
    end else begin : g_cut
      assign y[l*Y_WIDTH+:Y_WIDTH] = x[l*X_WIDTH+:Y_WIDTH];
    end
  end
endmodule
