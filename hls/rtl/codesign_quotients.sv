// y = min(round(2^FRAC * power / total), HIGH), half up, for LANES powers of one total (power <= total), by long division.
//
//   power, total --> a bit of the quotient --> |r| --> a bit --> a bit --> |r| ... --> + 1, >> 1, clip --> |r| --> y
//
// FRAC + 2 bits of the quotient are computed, most significant first, each by a subtraction of the total from twice the
// remainder; the last of them rounds. REGS >= 1 registers are spread over these levels and the one of rounding: register
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

      // In front of bit k the remainder is at most the total before it is doubled; the quotient has k - 1 bits.
      for (l = 0; l < LANES; l++) begin : g_lane
        logic [TOTAL_WIDTH:0] doubled, remainder;
        logic [Q-2:0] so_far;
        logic [Q-1:0] quotient;
        logic bit_there, unused;

        if (k == 1) begin : g_first
          codesign_delay #(
              .WIDTH (TOTAL_WIDTH + 1),
              .CYCLES(UP_TO - LESS)
          ) line (
              .clk,
              .advance,
              .in ((TOTAL_WIDTH + 1)'(powers[l*POWER_WIDTH+:POWER_WIDTH])),
              .out(doubled)
          );
          assign so_far = '0;
        end else begin : g_next
          codesign_delay #(
              .WIDTH (TOTAL_WIDTH + 1),
              .CYCLES(UP_TO - LESS)
          ) line (
              .clk,
              .advance,
              .in (g_level[k-1].g_lane[l].remainder << 1),
              .out(doubled)
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
        end

        assign bit_there = doubled >= {1'b0, all};
        assign remainder = bit_there ? doubled - {1'b0, all} : doubled;
        assign quotient = {so_far, bit_there};
        assign unused = &{1'b0, remainder, quotient};  // at the ends
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
