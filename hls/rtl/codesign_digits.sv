// y = start + FACTOR * x, with REGS registers: an addition or subtraction of a shifted x for each non-zero signed digit of
// the constant, one behind the other, lowest first; no multiplier.
//
//   start ---> +- ---> +- ---> |r| ---> +- ---> |r| ---> y
//               |       |                |
//   x ------> << i -> << j --> |r| --> << k                 digits i, j, k, ... of +1 or -1
//
// The registers are spread over the additions and one level more, which is left to whoever takes y: register r of REGS
// lies behind addition r * (digits + 1) / (REGS + 1). The digits are canonical: no two neighbours are non-zero. With
// w = |FACTOR|, h = w >> 1 and t = w + h they are +1 where t & ~h has a one, and -1 where h & ~t has (codesign_scale).
module codesign_digits #(
    parameter int X_WIDTH = 8,
    parameter bit X_SIGNED = 1,
    parameter int Y_WIDTH = 16,
    parameter longint FACTOR = 1,
    parameter int REGS = 0
) (
    input  logic               clk,
    input  logic               advance,
    input  logic [X_WIDTH-1:0] x,
    input  logic [Y_WIDTH-1:0] start,
    output logic [Y_WIDTH-1:0] y
);
  localparam longint MAGNITUDE = FACTOR < 0 ? -FACTOR : FACTOR;
  localparam longint HALF = MAGNITUDE >> 1;
  localparam longint TRIPLE = MAGNITUDE + HALF;
  localparam longint ADDED = FACTOR < 0 ? HALF & ~TRIPLE : TRIPLE & ~HALF;
  localparam longint SUBTRACTED = FACTOR < 0 ? TRIPLE & ~HALF : HALF & ~TRIPLE;
  localparam longint DIGITS = ADDED | SUBTRACTED;
  localparam int COUNT = $countones(DIGITS);

  localparam int TOP = MAGNITUDE > 0 ? $clog2(MAGNITUDE + 1) + 1 : 1;
  localparam int PLACES = TOP < Y_WIDTH ? TOP : Y_WIDTH;

  logic unused;  // where FACTOR is 0
  assign unused = &{1'b0, x};

  genvar i;
  generate
    for (i = 0; i < PLACES; i++) begin : g_digit
      logic [X_WIDTH-1:0] now, code;
      logic [Y_WIDTH-1:0] below, sum;
      if (i == 0) begin : g_first
        assign now   = x;
        assign below = start;
      end else begin : g_next
        assign now   = g_digit[i-1].code;
        assign below = g_digit[i-1].sum;
      end

      if (DIGITS[i]) begin : g_there
        // Addition number RANK: the registers between it and the one before.
        localparam int RANK = $countones(DIGITS & ((64'sd2 << i) - 64'sd1));
        localparam int SO_FAR = (RANK * (REGS + 1) + COUNT) / (COUNT + 1) - 1;
        localparam int BEFORE = RANK > 1 ? ((RANK - 1) * (REGS + 1) + COUNT) / (COUNT + 1) - 1 : 0;
        logic [Y_WIDTH-1:0] left, right;

        codesign_delay #(
            .WIDTH (X_WIDTH),
            .CYCLES(SO_FAR - BEFORE)
        ) x_line (
            .clk,
            .advance,
            .in (now),
            .out(code)
        );
        codesign_delay #(
            .WIDTH (Y_WIDTH),
            .CYCLES(SO_FAR - BEFORE)
        ) sum_line (
            .clk,
            .advance,
            .in (below),
            .out(left)
        );
        codesign_recode #(
            .X_WIDTH (X_WIDTH),
            .X_SIGNED(X_SIGNED),
            .Y_WIDTH (Y_WIDTH)
        ) widened (
            .x(code),
            .y(right)
        );
        assign sum = ADDED[i] ? left + (right << i) : left - (right << i);
      end else begin : g_none
        assign code = now;
        assign sum  = below;
      end
    end
  endgenerate

  localparam int PASSED = COUNT > 0 ? (COUNT * (REGS + 1) + COUNT) / (COUNT + 1) - 1 : 0;
  logic [X_WIDTH-1:0] unused_code;
  assign unused_code = g_digit[PLACES-1].code;
  codesign_delay #(
      .WIDTH (Y_WIDTH),
      .CYCLES(REGS - PASSED)
  ) behind (
      .clk,
      .advance,
      .in (g_digit[PLACES-1].sum),
      .out(y)
  );
endmodule
