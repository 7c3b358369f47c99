// round(2^FRAC * e_i / sum_j e_j), half up, with e_i = table[max(x) - x_i] and 0 beyond the table; a position is a beat.
//
//   in_data -+-> largest (|r|) --> - --> [ROM|r] --+--> sum (|r|) --> quotients (|r|) --> out_data
//            '----- |r| -----------^               '----- |r| ------------^
//
// DEPTH >= 2 registers: FRONT of them up to the powers, the last of which is the ROMs' own, MIDDLE in the tree of the sum,
// and BACK in the quotients, each according to its share of the levels.
//
// X_*, Y_*: beats. ENTRIES: of the table. FRAC, HIGH: of the result. BOUNDED: whether a distance can lie beyond the table.
// DISTANCE_WIDTH, POWER_WIDTH, TOTAL_WIDTH: of max(x) - x, of an entry, and of the sum. TABLE_*: see codesign_rom.
module codesign_softmax_at_once #(
    parameter int ENTRIES = 2,
    parameter int FRAC = 8,
    parameter bit BOUNDED = 1,
    parameter int X_WIDTH = 8,
    parameter bit X_SIGNED = 1,
    parameter int X_LANES = 1,
    parameter int Y_WIDTH = 8,
    parameter longint HIGH = 255,
    parameter int DISTANCE_WIDTH = 8,
    parameter int POWER_WIDTH = 8,
    parameter int TOTAL_WIDTH = 8,
    parameter TABLE_FILE = "",
    parameter TABLE_STYLE = "lutram",
    parameter int DEPTH = 5
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
  localparam int TREE = $clog2(X_LANES);
  localparam int LEVELS = 2 * TREE + FRAC + 6;
  localparam int WANTED = ((TREE + 2) * DEPTH + LEVELS - 1) / LEVELS;
  localparam int FRONT = WANTED < DEPTH ? WANTED : DEPTH - 1;
  localparam int SHARE = (TREE + 1) * DEPTH / LEVELS;
  localparam int MIDDLE = SHARE < DEPTH - FRONT ? SHARE : DEPTH - FRONT - 1;
  localparam int BACK = DEPTH - FRONT - MIDDLE;

  logic advance;
  logic [X_WIDTH-1:0] most;
  logic [(X_LANES > 1 ? $clog2(X_LANES) : 1)-1:0] unused_index;
  logic [X_LANES*X_WIDTH-1:0] x;
  logic [X_LANES*POWER_WIDTH-1:0] powers, powers_late;
  logic [TOTAL_WIDTH-1:0] total;

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

  codesign_largest #(
      .TERMS(X_LANES),
      .X_WIDTH(X_WIDTH),
      .X_SIGNED(X_SIGNED),
      .REGS(FRONT - 1)
  ) largest (
      .clk,
      .advance,
      .x(in_data),
      .y(most),
      .index(unused_index)
  );

  codesign_delay #(
      .WIDTH (X_LANES * X_WIDTH),
      .CYCLES(FRONT - 1)
  ) x_line (
      .clk,
      .advance,
      .in (in_data),
      .out(x)
  );

  codesign_powers #(
      .LANES(X_LANES),
      .X_WIDTH(X_WIDTH),
      .ENTRIES(ENTRIES),
      .BOUNDED(BOUNDED),
      .DISTANCE_WIDTH(DISTANCE_WIDTH),
      .POWER_WIDTH(POWER_WIDTH),
      .FILE(TABLE_FILE),
      .STYLE(TABLE_STYLE)
  ) exponentials (
      .clk,
      .advance,
      .most,
      .x,
      .powers
  );

  codesign_total #(
      .LANES(X_LANES),
      .POWER_WIDTH(POWER_WIDTH),
      .TOTAL_WIDTH(TOTAL_WIDTH),
      .REGS(MIDDLE)
  ) sum (
      .clk,
      .advance,
      .powers,
      .powers_late,
      .total
  );

  codesign_quotients #(
      .LANES(X_LANES),
      .POWER_WIDTH(POWER_WIDTH),
      .TOTAL_WIDTH(TOTAL_WIDTH),
      .FRAC(FRAC),
      .Y_WIDTH(Y_WIDTH),
      .HIGH(HIGH),
      .REGS(BACK)
  ) quotients (
      .clk,
      .advance,
      .powers(powers_late),
      .total,
      .y(out_data)
  );
endmodule
