// y = FACTOR * x + ADDEND, exact where it fits Y_WIDTH bits: the constant's multiple as one addition or subtraction of a
// shifted x for each non-zero signed digit, the fewest that any form of the constant has. No register, no multiplier.
//
//   x --+--<<i--+/- --+--<<j--+/- --- ... --- + ADDEND --- y        digits i, j, ... of +1 or -1, lowest first
//
// The digits: with w = |FACTOR| and c = (w >> 1) ^ (w + (w >> 1)), digit i is +1 where bit i of (w + (w >> 1)) & c is set,
// and -1 where bit i of (w >> 1) & c is (canonical signed digits: no two neighbours are non-zero).
module codesign_scale #(
    parameter int X_WIDTH = 8,
    parameter bit X_SIGNED = 1,
    parameter int Y_WIDTH = 9,
    parameter longint FACTOR = 1,
    parameter longint ADDEND = 0
) (
    input  logic [X_WIDTH-1:0] x,
    output logic [Y_WIDTH-1:0] y
);
  localparam bit NEGATIVE = FACTOR < 0;
  localparam longint MAGNITUDE = NEGATIVE ? -FACTOR : FACTOR;
  localparam longint HALF = MAGNITUDE >> 1;
  localparam longint TRIPLE = MAGNITUDE + HALF;
  localparam longint PLUS = TRIPLE & (HALF ^ TRIPLE);
  localparam longint MINUS = HALF & (HALF ^ TRIPLE);

  logic [Y_WIDTH-1:0] code;
  codesign_recode #(
      .X_WIDTH(X_WIDTH),
      .X_SIGNED(X_SIGNED),
      .Y_WIDTH(Y_WIDTH)
  ) widened (
      .x,
      .y(code)
  );

  logic unused;  // all of it where FACTOR is 0
  assign unused = &{1'b0, code};
  for (genvar i = 0; i < Y_WIDTH; i++) begin : g_digit
    logic [Y_WIDTH-1:0] below, sum;
    if (i == 0) begin : g_first
      assign below = Y_WIDTH'(ADDEND);
    end else begin : g_next
      assign below = g_digit[i-1].sum;
    end
    if (NEGATIVE ? MINUS[i] : PLUS[i]) begin : g_added
      assign sum = below + (code << i);
    end else if (NEGATIVE ? PLUS[i] : MINUS[i]) begin : g_subtracted
      assign sum = below - (code << i);
    end else begin : g_none
      assign sum = below;
    end
  end
  assign y = g_digit[Y_WIDTH-1].sum;
endmodule
