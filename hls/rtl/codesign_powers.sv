// The powers e = table[most - x] of LANES codes, and 0 beyond the table, in one cycle: the register is the ROMs' own.
//
//   most - x --> [ROM|r] --> & --> powers
//        '--> beyond? |r| ---^
//
// BOUNDED: whether a distance can lie beyond the table of ENTRIES. DISTANCE_WIDTH: of most - x. FILE, STYLE: as in
// codesign_rom; each lane has a ROM of its own.
module codesign_powers #(
    parameter int LANES = 1,
    parameter int X_WIDTH = 8,
    parameter int ENTRIES = 2,
    parameter bit BOUNDED = 1,
    parameter int DISTANCE_WIDTH = 8,
    parameter int POWER_WIDTH = 8,
    parameter FILE = "",
    parameter STYLE = "lutram"
) (
    input  logic                         clk,
    input  logic                         advance,
    input  logic [          X_WIDTH-1:0] most,
    input  logic [    LANES*X_WIDTH-1:0] x,
    output logic [LANES*POWER_WIDTH-1:0] powers
);
  // Distances are never negative: their lowest bits do not depend on the sign of the codes.
  localparam int A = ENTRIES > 1 ? $clog2(ENTRIES) : 1;
  localparam int D = DISTANCE_WIDTH > A ? DISTANCE_WIDTH : A;

  genvar l;
  generate
    for (l = 0; l < LANES; l++) begin : g_lane
      logic [X_WIDTH-1:0] difference;
      logic [D-1:0] distance;
      logic [POWER_WIDTH-1:0] power;
      logic beyond;

      assign difference = most - x[l*X_WIDTH+:X_WIDTH];
      codesign_recode #(
          .X_WIDTH (X_WIDTH),
          .X_SIGNED(1'b0),
          .Y_WIDTH (D)
      ) widened (
          .x(difference),
          .y(distance)
      );

      codesign_rom #(
          .FILE (FILE),
          .WORDS(ENTRIES),
          .BITS (POWER_WIDTH),
          .STYLE(STYLE)
      ) entries (
          .clk,
          .advance,
          .address(A'(distance)),
          .word(power)
      );

      if (BOUNDED) begin : g_bounded
        codesign_delay #(
            .WIDTH (1),
            .CYCLES(1)
        ) line (
            .clk,
            .advance,
            .in (64'(distance) >= 64'(ENTRIES)),
            .out(beyond)
        );
      end else begin : g_inside
        assign beyond = 1'b0;
      end
      assign powers[l*POWER_WIDTH+:POWER_WIDTH] = beyond ? '0 : power;
    end
  endgenerate
endmodule
