// The larger of two codes, or their sum modulo 2^WIDTH. Wires only.
module codesign_merge #(
    parameter int WIDTH   = 8,
    parameter bit SIGNED  = 1,
    parameter bit LARGEST = 1
) (
    input  logic [WIDTH-1:0] a,
    input  logic [WIDTH-1:0] b,
    output logic [WIDTH-1:0] y
);
  generate
    if (!LARGEST) begin : g_sum
      assign y = a + b;
    end else if (SIGNED) begin : g_signed
      assign y = $signed(a) > $signed(b) ? a : b;
    end else begin : g_unsigned
      assign y = a > b ? a : b;
    end
  endgenerate
endmodule
