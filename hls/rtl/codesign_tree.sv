// The sum of TERMS signed numbers, in a tree with REGS registers that its levels share evenly.
//
//   x[0] --+
//   x[1] --+--> |r| --+
//   x[2] --+          |
//   x[3] --+--> |r| --+--> |r| --> y
//
// BEHIND: levels of addition that follow before the next register, and count as levels of the tree when it is cut into
// REGS + 1 pieces: level l stands behind the register l * (REGS + 1) / (LEVELS + BEHIND), rounded down, and no piece has
// more levels than that makes. All sums have the width of the last one, so that signs are extended once, at the leaves:
// the bits that a sum does not need are copies of its sign, which synthesis drops.
//
// X_WIDTH: of the terms. Y_WIDTH: the sum is modulo 2^Y_WIDTH. load[k]: register k takes a new value.
module codesign_tree #(
    parameter int TERMS = 2,
    parameter int X_WIDTH = 8,
    parameter int Y_WIDTH = 9,
    parameter int REGS = 0,
    parameter int BEHIND = 0,
    parameter int LOADS = REGS > 0 ? REGS : 1
) (
    input  logic                            clk,
    input  logic        [        LOADS-1:0] load,
    input  logic        [TERMS*X_WIDTH-1:0] x,
    output logic signed [      Y_WIDTH-1:0] y
);
  localparam int LEVELS = $clog2(TERMS);
  localparam int SHARES = LEVELS + BEHIND > 0 ? LEVELS + BEHIND : 1;

  logic unused;
  assign unused = &{1'b0, clk, load};

  genvar k, i, r;
  generate
    for (k = 0; k <= LEVELS; k++) begin : g_level
      localparam int NODES = (TERMS + (1 << k) - 1) >> k;
      localparam int BELOW = k == 0 ? 0 : (TERMS + ((1 << k) >> 1) - 1) >> (k - 1);
      // The registers up to this level and up to the one before.
      localparam int SHARE = k * (REGS + 1) / SHARES;
      localparam int SHARE_BEFORE = k == 0 ? 0 : (k - 1) * (REGS + 1) / SHARES;
      localparam int UPTO = k == LEVELS || SHARE > REGS ? REGS : SHARE;
      localparam int BEFORE = SHARE_BEFORE > REGS ? REGS : SHARE_BEFORE;
      for (i = 0; i < NODES; i++) begin : g_node
        logic signed [Y_WIDTH-1:0] found, value;

        if (k == 0) begin : g_leaf
          assign found = Y_WIDTH'($signed(x[i*X_WIDTH+:X_WIDTH]));
        end else if (2 * i + 1 == BELOW) begin : g_alone
          assign found = g_level[k-1].g_node[2*i].value;
        end else begin : g_pair
          assign found = g_level[k-1].g_node[2*i].value + g_level[k-1].g_node[2*i+1].value;
        end
        if (UPTO == BEFORE) begin : g_wire
          assign value = found;
        end else begin : g_registers
          for (r = BEFORE; r < UPTO; r++) begin : g_register
            logic signed [Y_WIDTH-1:0] held;
            if (r == BEFORE) begin : g_first
              always_ff @(posedge clk) if (load[r]) held <= found;
            end else begin : g_next
              always_ff @(posedge clk) if (load[r]) held <= g_register[r-1].held;
            end
          end
          assign value = g_register[UPTO-1].held;
        end
      end
    end
  endgenerate
  assign y = g_level[LEVELS].g_node[0].value;
endmodule
