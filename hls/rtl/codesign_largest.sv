// The largest of TERMS codes that lie side by side, and the first index of it, in a tree with REGS registers.
//
//   x[0] --+
//   x[1] --+--> |r| --+
//   x[2] --+          |
//   x[3] --+--> |r| --+--> y, index
//
// The registers are spread over the levels of the tree and one more, which is left to whoever takes y: register r of
// REGS lies behind level r * (levels + 1) / (REGS + 1). X_*: the codes.
module codesign_largest #(
    parameter int TERMS = 2,
    parameter int X_WIDTH = 8,
    parameter bit X_SIGNED = 1,
    parameter int REGS = 0,
    parameter int INDEX = TERMS > 1 ? $clog2(TERMS) : 1
) (
    input  logic                     clk,
    input  logic                     advance,
    input  logic [TERMS*X_WIDTH-1:0] x,
    output logic [      X_WIDTH-1:0] y,
    output logic [        INDEX-1:0] index
);
  localparam int LEVELS = $clog2(TERMS);

  genvar k, i;
  generate
    for (k = 0; k <= LEVELS; k++) begin : g_level
      localparam int NODES = (TERMS + (1 << k) - 1) >> k;
      localparam int BELOW = k > 0 ? (TERMS + (1 << k >> 1) - 1) >> (k - 1) : 1;
      // Registers up to this level, less those up to the one below.
      localparam int UP_TO = ((k + 1) * (REGS + 1) + LEVELS) / (LEVELS + 1) - 1;
      localparam int LESS = k > 0 ? (k * (REGS + 1) + LEVELS) / (LEVELS + 1) - 1 : 0;
      for (i = 0; i < NODES; i++) begin : g_node
        logic [X_WIDTH-1:0] found, value;
        logic [INDEX-1:0] at, place;
        if (k == 0) begin : g_leaf
          assign found = x[i*X_WIDTH+:X_WIDTH];
          assign at = INDEX'(i);
        end else if (2 * i + 1 == BELOW) begin : g_alone
          assign found = g_level[k-1].g_node[2*i].value;
          assign at = g_level[k-1].g_node[2*i].place;
        end else begin : g_pair
          logic right;
          if (X_SIGNED) begin : g_signed
            assign right = $signed(g_level[k-1].g_node[2*i+1].value) > $signed(g_level[k-1].g_node[2*i].value);
          end else begin : g_unsigned
            assign right = g_level[k-1].g_node[2*i+1].value > g_level[k-1].g_node[2*i].value;
          end
          assign found = right ? g_level[k-1].g_node[2*i+1].value : g_level[k-1].g_node[2*i].value;
          assign at = right ? g_level[k-1].g_node[2*i+1].place : g_level[k-1].g_node[2*i].place;
        end
        codesign_delay #(
            .WIDTH (X_WIDTH + INDEX),
            .CYCLES(UP_TO - LESS)
        ) line (
            .clk,
            .advance,
            .in ({found, at}),
            .out({value, place})
        );
      end
    end
  endgenerate
  assign y = g_level[LEVELS].g_node[0].value;
  assign index = g_level[LEVELS].g_node[0].place;
endmodule
