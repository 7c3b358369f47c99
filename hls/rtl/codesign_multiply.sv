// The product of a code and a weight, or of a code and two weights that share a multiplier, with REGS registers.
//
//   "lut"      x --+
//                  * --> |r| ... |r| --> y               y = x * w, of adders in the fabric
//              w --+
//
//   "dsp"      x --+
//                  * --> |M| --> |P| --> y               y = x * w
//              w --+
//
//   "packed"   x ------------------+
//              w --+               * --> |M| --> |P| --> y        y = x * ((v << SHIFT) + w)
//              v --> << SHIFT --> + --+
//
// A slice takes in M and P, and the registers that hold x, w and v before. Of a packed product the low SHIFT bits are x * w
// in two's complement, and what is above them is x * v less one where x * w is negative (SHIFT is chosen so; see
// codesign_dot).
//
// Where products in the fabric have two registers or more, the smaller operand is cut into digits of so few bits that their
// products share the levels of addition evenly with the tree that adds them up.
//
// X_*, W_*: the codes. Y_WIDTH: the result is modulo 2^Y_WIDTH, with its sign in all bits above it. load[k]: register k
// takes a new value.
module codesign_multiply #(
    parameter int X_WIDTH = 8,
    parameter bit X_SIGNED = 0,
    parameter int W_WIDTH = 8,
    parameter bit W_SIGNED = 1,
    parameter MULTIPLIER = "dsp",
    parameter int SHIFT = 0,
    parameter int Y_WIDTH = 16,
    parameter int REGS = 2,
    parameter int LOADS = REGS > 0 ? REGS : 1
) (
    input  logic                      clk,
    input  logic        [  LOADS-1:0] load,
    input  logic        [X_WIDTH-1:0] x,
    input  logic        [W_WIDTH-1:0] w,
    input  logic        [W_WIDTH-1:0] v,
    output logic signed [Y_WIDTH-1:0] y
);
  // As signed numbers; what has no sign gets a bit for it.
  localparam int A_WIDTH = X_WIDTH + (X_SIGNED ? 0 : 1);
  localparam int B_WIDTH = W_WIDTH + (W_SIGNED ? 0 : 1);
  // Products are made in words of a simulator, which then has no signs to extend. Synthesis drops the bits that are not
  // used: the registers are as wide as the result.
  localparam int WORD = Y_WIDTH <= 32 ? 32 : Y_WIDTH <= 64 ? 64 : Y_WIDTH;

  logic signed [A_WIDTH-1:0] a;
  logic signed [B_WIDTH-1:0] b;

  assign a = A_WIDTH'(x);
  assign b = B_WIDTH'(w);

  genvar k;
  generate
    if (SHIFT > 0) begin : g_packed
      localparam int C_WIDTH = B_WIDTH + SHIFT + 1;
      logic signed [B_WIDTH-1:0] b_high;
      logic signed [C_WIDTH-1:0] c;
      logic unused;
      (* use_dsp = "yes" *) logic signed [WORD-1:0] whole;
      logic signed [Y_WIDTH-1:0] m, p;

      assign unused = &{1'b0, a, c, whole};
      assign b_high = B_WIDTH'(v);
      assign c = (C_WIDTH'(b_high) <<< SHIFT) + C_WIDTH'(b);
      assign whole = WORD'(c) * WORD'(a);
      always_ff @(posedge clk) begin
        if (load[0]) m <= Y_WIDTH'(whole);
        if (load[1]) p <= m;
      end
      assign y = p;
    end else if (MULTIPLIER != "lut") begin : g_slice
      logic unused;
      (* use_dsp = "yes" *) logic signed [WORD-1:0] whole;
      logic signed [Y_WIDTH-1:0] m, p;

      assign unused = &{1'b0, v, a, b, whole};
      assign whole = WORD'(a) * WORD'(b);
      always_ff @(posedge clk) begin
        if (load[0]) m <= Y_WIDTH'(whole);
        if (load[1]) p <= m;
      end
      assign y = p;
    end else if (REGS < 2) begin : g_fabric
      logic unused;
      (* use_dsp = "no" *) logic signed [WORD-1:0] whole;
      logic signed [Y_WIDTH-1:0] now;

      assign unused = &{1'b0, v, a, b, whole, clk, load};
      assign whole = WORD'(a) * WORD'(b);
      assign now = Y_WIDTH'(whole);
      if (REGS == 0) begin : g_now
        assign y = now;
      end else begin : g_later
        always_ff @(posedge clk) if (load[0]) y <= now;
      end
    end else begin : g_digits
      localparam int SMALL = A_WIDTH < B_WIDTH ? A_WIDTH : B_WIDTH;
      localparam int LARGE = A_WIDTH < B_WIDTH ? B_WIDTH : A_WIDTH;
      localparam int SHARE = (SMALL + REGS - 1) / REGS;
      localparam int DIGIT = SHARE < 3 ? 3 : SHARE;
      localparam int DIGITS = (SMALL + DIGIT - 1) / DIGIT;
      logic unused;
      logic signed [SMALL-1:0] narrow;
      logic signed [LARGE-1:0] wide;
      logic [DIGITS*Y_WIDTH-1:0] products;

      assign unused = &{1'b0, v, wide};  // of a factor of one bit, y may have no place for the other one's sign
      if (A_WIDTH < B_WIDTH) begin : g_weight
        assign narrow = a;
        assign wide = b;
      end else begin : g_code
        assign narrow = b;
        assign wide = a;
      end
      for (k = 0; k < DIGITS; k++) begin : g_digit
        // All digits but the highest one have no sign.
        localparam int BITS = k == DIGITS - 1 ? SMALL - k * DIGIT : DIGIT + 1;
        logic signed [BITS-1:0] digit;
        (* use_dsp = "no" *) logic signed [Y_WIDTH-1:0] part;

        if (k == DIGITS - 1) begin : g_high
          assign digit = narrow[SMALL-1:k*DIGIT];
        end else begin : g_low
          assign digit = {1'b0, narrow[k*DIGIT+:DIGIT]};
        end
        always_ff @(posedge clk) if (load[0]) part <= (Y_WIDTH'(digit) * Y_WIDTH'(wide)) <<< (k * DIGIT);
        assign products[k*Y_WIDTH+:Y_WIDTH] = part;
      end
      codesign_tree #(
          .TERMS  (DIGITS),
          .X_WIDTH(Y_WIDTH),
          .Y_WIDTH(Y_WIDTH),
          .REGS   (REGS - 1)
      ) digits (
          .clk,
          .load(load[REGS-1:1]),
          .x(products),
          .y
      );
    end
  endgenerate
endmodule
