// Requantization by a shift: y = clip(round((x + bias) / 2^right), low, high), or times 2^left.
//
//   in_data -> + BIAS -> + HALF + odd, >> RIGHT, << LEFT -> clip -> out_data      for each lane
//           |0         |1                                |2       |3
//
// DEPTH registers lie at the places 0 to 3: register r behind level 3 r / DEPTH, so the last behind the clip.
//
// X_*, Y_*: beats. WIDE_*: a code that holds every intermediate result. BIAS, HALF, LOW, HIGH: numbers. RIGHT, LEFT: one
// of them is 0. EVEN: round half to even, else towards minus infinity (HALF is then 0). CLIP_LOW, CLIP_HIGH: whether x
// can get below LOW, above HIGH.
module codesign_shift #(
    parameter int X_WIDTH = 8,
    parameter bit X_SIGNED = 1,
    parameter int X_LANES = 1,
    parameter int Y_WIDTH = 8,
    parameter int WIDE_WIDTH = 9,
    parameter bit WIDE_SIGNED = 1,
    parameter longint BIAS = 0,
    parameter longint HALF = 0,
    parameter int RIGHT = 0,
    parameter int LEFT = 0,
    parameter bit EVEN = 0,
    parameter longint LOW = 0,
    parameter longint HIGH = 0,
    parameter bit CLIP_LOW = 0,
    parameter bit CLIP_HIGH = 0,
    parameter int DEPTH = 2
) (
    input  logic                       clk,
    input  logic                       rst,
    input  logic [X_LANES*X_WIDTH-1:0] in_data,
    input  logic                       in_valid,
    output logic                       in_ready,
    output logic [X_LANES*Y_WIDTH-1:0] out_data,
    output logic                       out_valid,
    input  logic                       out_ready,
    output logic                       go,
    output logic                       starved,
    output logic                       blocked
);
  // Sums are signed; an unsigned code takes a bit for the sign.
  localparam int W = WIDE_WIDTH + (WIDE_SIGNED ? 0 : 1);
  // Registers before levels 1, 2 and 3.
  localparam int BEFORE_1 = (DEPTH + 2) / 3 - 1;
  localparam int BEFORE_2 = (2 * DEPTH + 2) / 3 - 1;
  localparam int BEFORE_3 = DEPTH - 1;

  logic advance;

  codesign_pipeline #(
      .DEPTH(DEPTH)
  ) control (
      .clk,
      .rst,
      .need(1'b1),
      .give(1'b1),
      .in_valid,
      .in_ready,
      .out_valid,
      .out_ready,
      .go,
      .advance,
      .starved,
      .blocked
  );

  generate
    genvar l;
    for (l = 0; l < X_LANES; l++) begin : g_lane
      logic [X_WIDTH-1:0] x_1;
      logic signed [W-1:0] x, sum, sum_2, scaled, scaled_3;
      logic [Y_WIDTH-1:0] y;

      codesign_delay #(
          .WIDTH (X_WIDTH),
          .CYCLES(BEFORE_1)
      ) before_1 (
          .clk,
          .advance,
          .in (in_data[l*X_WIDTH+:X_WIDTH]),
          .out(x_1)
      );

      codesign_recode #(
          .X_WIDTH (X_WIDTH),
          .X_SIGNED(X_SIGNED),
          .Y_WIDTH (W)
      ) widened (
          .x(x_1),
          .y(x)
      );

      assign sum = x + W'(BIAS);

      codesign_delay #(
          .WIDTH (W),
          .CYCLES(BEFORE_2 - BEFORE_1)
      ) before_2 (
          .clk,
          .advance,
          .in (sum),
          .out(sum_2)
      );

      if (EVEN) begin : g_even
        logic signed [W-1:0] rounded;
        assign rounded = sum_2 + W'(HALF) + W'({1'b0, sum_2[RIGHT]});
        assign scaled = rounded >>> RIGHT;
      end else begin : g_floor
        assign scaled = (sum_2 >>> RIGHT) <<< LEFT;
      end

      codesign_delay #(
          .WIDTH (W),
          .CYCLES(BEFORE_3 - BEFORE_2)
      ) before_3 (
          .clk,
          .advance,
          .in (scaled),
          .out(scaled_3)
      );

      always_comb begin
        y = Y_WIDTH'(scaled_3);
        if (CLIP_LOW && scaled_3 < W'(LOW)) y = Y_WIDTH'(LOW);
        if (CLIP_HIGH && scaled_3 > W'(HIGH)) y = Y_WIDTH'(HIGH);
      end

      codesign_delay #(
          .WIDTH (Y_WIDTH),
          .CYCLES(1)
      ) last (
          .clk,
          .advance,
          .in (y),
          .out(out_data[l*Y_WIDTH+:Y_WIDTH])
      );
    end
  endgenerate
endmodule
