// The sum of TERMS products of codes with weights, or two such sums that share the codes, with REGS registers.
//
//   "lut"      x[i] * w[i] --> tree --> y                       registers wherever the levels of addition are cut evenly
//
//   "dsp"      x[i] * w[i] --> |M| --> |P| --> tree --> y       all but two registers in the tree
//
//   "packed"   x[i] * ((v[i] << SHIFT) + w[i]) --> |M| --> |P| --+--------------------> tree s --+
//                                                                '-- low SHIFT bits --> tree t --+--> (s - t) >> SHIFT = z
//                                                                                                '--> t = y
//
// A packed product is p = (x v << SHIFT) + x w, and its low SHIFT bits, read with their sign, are x w. So with s the sum of
// all p and t that of their low bits, s - t is the sum of all x v, shifted: one subtraction behind the trees where each
// product would need a correction of its own.
//
// The pattern is the one that Verilator is fastest with, of a dozen tried: a product has two registers of its own and no
// other one before the first cut of the tree; it comes out as wide as the sum that it goes into; operands are parts of
// whole words. 3,456 packed products of 8 x 8 bits at work in every cycle take some 4 ns each per cycle, and 9 ms of g++.
//
// X_*, W_*: the codes. Y_WIDTH: sums are modulo 2^Y_WIDTH. BEHIND: levels of addition before the next register.
// load[k]: register k takes a new value.
module codesign_dot #(
    parameter int TERMS = 1,
    parameter int X_WIDTH = 8,
    parameter bit X_SIGNED = 0,
    parameter int W_WIDTH = 8,
    parameter bit W_SIGNED = 1,
    parameter MULTIPLIER = "dsp",
    parameter int SHIFT = 0,
    parameter int Y_WIDTH = 16,
    parameter int REGS = 2,
    parameter int BEHIND = 1,
    parameter int LOADS = REGS > 0 ? REGS : 1
) (
    input  logic                            clk,
    input  logic        [        LOADS-1:0] load,
    input  logic        [TERMS*X_WIDTH-1:0] x,
    input  logic        [TERMS*W_WIDTH-1:0] w,
    input  logic        [TERMS*W_WIDTH-1:0] v,
    output logic signed [      Y_WIDTH-1:0] y,
    output logic signed [      Y_WIDTH-1:0] z
);
  localparam bit PACKED = SHIFT > 0;
  localparam int LEVELS = $clog2(TERMS);
  // What every product and every sum of them fits in: never more bits than the result has.
  localparam int P_WIDTH = X_WIDTH + W_WIDTH + (X_SIGNED || W_SIGNED ? 0 : 1);
  localparam int WHOLE = P_WIDTH + LEVELS;
  localparam int SUM_WIDTH = WHOLE < Y_WIDTH ? WHOLE : Y_WIDTH;
  localparam int HELD_WIDTH = SUM_WIDTH + (PACKED ? SHIFT : 0);
  localparam int LOW_WIDTH = (PACKED ? SHIFT : 1) + LEVELS;
  // A product in the fabric counts as a level for every three bits of its smaller operand.
  localparam int SMALL = X_WIDTH < W_WIDTH ? X_WIDTH : W_WIDTH;
  localparam int PRODUCT_LEVELS = (SMALL + 2) / 3;
  localparam int SHARE = PRODUCT_LEVELS * (REGS + 1) / (PRODUCT_LEVELS + LEVELS + BEHIND);
  localparam int IN_FABRIC = SHARE > REGS ? REGS : SHARE;
  localparam int IN_PRODUCT = MULTIPLIER == "lut" ? IN_FABRIC : 2;
  localparam int IN_TREE = REGS - IN_PRODUCT;
  localparam int PRODUCT_LOADS = IN_PRODUCT > 0 ? IN_PRODUCT : 1;
  localparam int TREE_LOADS = IN_TREE > 0 ? IN_TREE : 1;

  logic [PRODUCT_LOADS-1:0] product_load;
  logic [TREE_LOADS-1:0] tree_load;
  logic [TERMS*HELD_WIDTH-1:0] products;
  logic signed [HELD_WIDTH-1:0] sum;

  genvar i;
  generate
    if (IN_PRODUCT > 0) begin : g_product_load
      assign product_load = load[IN_PRODUCT-1:0];
    end else begin : g_no_product_load
      assign product_load = 1'b0;
    end
    if (IN_TREE > 0) begin : g_tree_load
      assign tree_load = load[REGS-1:IN_PRODUCT];
    end else begin : g_no_tree_load
      assign tree_load = 1'b0;
    end
    if (REGS == 0) begin : g_no_load
      logic unused;
      assign unused = &{1'b0, load};
    end

    for (i = 0; i < TERMS; i++) begin : g_term
      codesign_multiply #(
          .X_WIDTH   (X_WIDTH),
          .X_SIGNED  (X_SIGNED),
          .W_WIDTH   (W_WIDTH),
          .W_SIGNED  (W_SIGNED),
          .MULTIPLIER(MULTIPLIER),
          .SHIFT     (SHIFT),
          .Y_WIDTH   (HELD_WIDTH),
          .REGS      (IN_PRODUCT)
      ) product (
          .clk,
          .load(product_load),
          .x(x[i*X_WIDTH+:X_WIDTH]),
          .w(w[i*W_WIDTH+:W_WIDTH]),
          .v(v[i*W_WIDTH+:W_WIDTH]),
          .y(products[i*HELD_WIDTH+:HELD_WIDTH])
      );
    end

    codesign_tree #(
        .TERMS  (TERMS),
        .X_WIDTH(HELD_WIDTH),
        .Y_WIDTH(HELD_WIDTH),
        .REGS   (IN_TREE),
        .BEHIND (BEHIND + (PACKED ? 1 : 0))
    ) tree (
        .clk,
        .load(tree_load),
        .x(products),
        .y(sum)
    );

    if (PACKED) begin : g_packed
      logic [TERMS*SHIFT-1:0] lows;
      logic signed [LOW_WIDTH-1:0] low;
      logic signed [HELD_WIDTH-1:0] high;
      logic unused;

      for (i = 0; i < TERMS; i++) begin : g_low
        assign lows[i*SHIFT+:SHIFT] = products[i*HELD_WIDTH+:SHIFT];
      end
      codesign_tree #(
          .TERMS  (TERMS),
          .X_WIDTH(SHIFT),
          .Y_WIDTH(LOW_WIDTH),
          .REGS   (IN_TREE),
          .BEHIND (BEHIND + 1)
      ) low_tree (
          .clk,
          .load(tree_load),
          .x(lows),
          .y(low)
      );
      assign high = sum - HELD_WIDTH'(low);
      assign unused = &{1'b0, high[SHIFT-1:0]};
      assign y = Y_WIDTH'(low);
      assign z = Y_WIDTH'($signed(high[HELD_WIDTH-1:SHIFT]));
    end else begin : g_single
      assign y = Y_WIDTH'(sum);
      assign z = '0;
    end
  endgenerate
endmodule
