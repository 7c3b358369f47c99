// y = min(round(2^FRAC * power / total), HIGH), half up, for LANES powers of one total (power <= total), by long division.
//
//   power, total --> a bit of the quotient --> |r| --> a bit --> a bit --> |r| ... --> + 1, >> 1, clip --> |r| --> y
//
// FRAC + 2 bits of the quotient are computed, most significant first; the last of them rounds. Each costs one addition, by
// division without restoring: a bit is 1 where the remainder r has not become negative, and from the next 2 r the total is
// then subtracted, else it is added to it, so that 2 (r - total) + total = 2 r - total makes up for it. REGS >= 1 registers are spread over these levels and the one of rounding: register
// r lies behind level r * (FRAC + 3) / REGS, so the last behind all.
module codesign_quotients #(
    parameter int LANES = 1,
    parameter int POWER_WIDTH = 8,
    parameter int TOTAL_WIDTH = 8,
    parameter int FRAC = 8,
    parameter int Y_WIDTH = 8,
    parameter longint HIGH = 255,
    parameter int REGS = 1
) (
    input  logic                         clk,
    input  logic                         advance,
    input  logic [LANES*POWER_WIDTH-1:0] powers,
    input  logic [      TOTAL_WIDTH-1:0] total,
    output logic [    LANES*Y_WIDTH-1:0] y
);
  localparam int LEVELS = FRAC + 3;
  localparam int Q = FRAC + 2;

  genvar k, l;
  generate
    for (k = 1; k < LEVELS; k++) begin : g_level
      // Registers up to the level below, less those further below.
      localparam int UP_TO = (k * REGS + LEVELS - 1) / LEVELS - 1;
      localparam int LESS = k > 1 ? ((k - 1) * REGS + LEVELS - 1) / LEVELS - 1 : 0;
      logic [TOTAL_WIDTH-1:0] all;

      if (k == 1) begin : g_total
        codesign_delay #(
            .WIDTH (TOTAL_WIDTH),
            .CYCLES(UP_TO - LESS)
        ) line (
            .clk,
            .advance,
            .in (total),
            .out(all)
        );
      end else begin : g_total
        codesign_delay #(
            .WIDTH (TOTAL_WIDTH),
            .CYCLES(UP_TO - LESS)
        ) line (
            .clk,
            .advance,
            .in (g_level[k-1].all),
            .out(all)
        );
      end

      // A remainder is not less than -total and less than total, or equal to it at first.
      for (l = 0; l < LANES; l++) begin : g_lane
        logic signed [TOTAL_WIDTH:0] before_it, remainder;
        logic [TOTAL_WIDTH+1:0] sum;
        logic [Q-2:0] so_far;
        logic [Q-1:0] quotient;
        logic subtract, unused;

        if (k == 1) begin : g_first
          codesign_delay #(
              .WIDTH (TOTAL_WIDTH + 1),
              .CYCLES(UP_TO - LESS)
          ) line (
              .clk,
              .advance,
              .in ((TOTAL_WIDTH + 1)'(powers[l*POWER_WIDTH+:POWER_WIDTH])),
              .out(before_it)
          );
          assign so_far = '0;
          assign subtract = 1'b1;
        end else begin : g_next
          codesign_delay #(
              .WIDTH (TOTAL_WIDTH + 1),
              .CYCLES(UP_TO - LESS)
          ) line (
              .clk,
              .advance,
              .in (g_level[k-1].g_lane[l].remainder),
              .out(before_it)
          );
          codesign_delay #(
              .WIDTH (Q - 1),
              .CYCLES(UP_TO - LESS)
          ) bits (
              .clk,
              .advance,
              .in (g_level[k-1].g_lane[l].quotient[Q-2:0]),
              .out(so_far)
          );
          assign subtract = !before_it[TOTAL_WIDTH];
        end

        // before_it (doubled behind the first) plus or minus the total, with a carry in at the lowest bit.
        assign sum = {k == 1 ? before_it : before_it << 1, subtract} + {{1'b0, all} ^ {(TOTAL_WIDTH + 1) {subtract}}, subtract};
        assign remainder = sum[TOTAL_WIDTH+1:1];
        assign quotient = {so_far, !remainder[TOTAL_WIDTH]};
        assign unused = &{1'b0, remainder, quotient, sum[0]};  // at the ends
      end
    end

    for (l = 0; l < LANES; l++) begin : g_result
      localparam int UP_TO = (LEVELS * REGS + LEVELS - 1) / LEVELS - 1;
      localparam int LESS = ((LEVELS - 1) * REGS + LEVELS - 1) / LEVELS - 1;
      logic [Q-1:0] quotient, rounded;
      logic [Y_WIDTH-1:0] clipped;

      codesign_delay #(
          .WIDTH (Q),
          .CYCLES(UP_TO - LESS)
      ) line (
          .clk,
          .advance,
          .in (g_level[LEVELS-1].g_lane[l].quotient),
          .out(quotient)
      );

      assign rounded = (quotient + 1'b1) >> 1;
      assign clipped = 64'(rounded) > HIGH ? Y_WIDTH'(HIGH) : Y_WIDTH'(rounded);

      codesign_delay #(
          .WIDTH (Y_WIDTH),
          .CYCLES(1)
      ) last (
          .clk,
          .advance,
          .in (clipped),
          .out(y[l*Y_WIDTH+:Y_WIDTH])
      );
    end
  endgenerate
endmodule
