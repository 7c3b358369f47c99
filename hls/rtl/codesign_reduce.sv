// The largest or the sum of TERMS codes that lie side by side, in a tree with REGS registers.
//
//   x[0] --+
//   x[1] --+--> |r| --+
//   x[2] --+          |
//   x[3] --+--> |r| --+--> |r| --> y     the levels share the registers evenly, the last one first
//
// Where there are more registers than levels, some stand before the first level. X_*: the codes. LARGEST: else the sum,
// modulo 2^X_WIDTH.
module codesign_reduce #(
    parameter int TERMS = 2,
    parameter int X_WIDTH = 8,
    parameter bit X_SIGNED = 1,
    parameter bit LARGEST = 1,
    parameter int REGS = 1
) (
    input  logic                     clk,
    input  logic                     advance,
    input  logic [TERMS*X_WIDTH-1:0] x,
    output logic [      X_WIDTH-1:0] y
);
  localparam int LEVELS = $clog2(TERMS);
  localparam int SHARES = REGS <= LEVELS ? (LEVELS > 0 ? LEVELS : 1) : LEVELS + 1;

  genvar k, i;
  generate
    for (k = 0; k <= LEVELS; k++) begin : g_level
      localparam int NODES = (TERMS + (1 << k) - 1) >> k;
      localparam int BEFORE = k == 0 ? 0 : (TERMS + ((1 << k) >> 1) - 1) >> (k - 1);
      // The registers up to this level, less those up to the level before.
      localparam int HERE = REGS > LEVELS ? ((k + 1) * REGS + LEVELS) / SHARES - (k * REGS + LEVELS) / SHARES :
          k == 0 ? 0 : k * REGS / SHARES - (k - 1) * REGS / SHARES;
      for (i = 0; i < NODES; i++) begin : g_node
        logic [X_WIDTH-1:0] found, value;
        if (k == 0) begin : g_leaf
          assign found = x[i*X_WIDTH+:X_WIDTH];
        end else if (2 * i + 1 == BEFORE) begin : g_alone
          assign found = g_level[k-1].g_node[2*i].value;
        end else begin : g_pair
          codesign_merge #(
              .WIDTH  (X_WIDTH),
              .SIGNED (X_SIGNED),
              .LARGEST(LARGEST)
          ) pair (
              .a(g_level[k-1].g_node[2*i].value),
              .b(g_level[k-1].g_node[2*i+1].value),
              .y(found)
          );
        end
        codesign_delay #(
            .WIDTH (X_WIDTH),
            .CYCLES(HERE)
        ) line (
            .clk,
            .advance,
            .in (found),
            .out(value)
        );
      end
    end
  endgenerate
  assign y = g_level[LEVELS].g_node[0].value;
endmodule
