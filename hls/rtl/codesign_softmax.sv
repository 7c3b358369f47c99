// round(2^FRAC * e_i / sum_j e_j), half up, with e_i = table[max(x) - x_i] and 0 beyond the table; a position is several
// beats, and three sweeps over them: read and find the largest, sum the powers up, divide.
//
//   in_data --+--> [beats] --> largest (|r|) --> best ------v
//             '-----'-----------------|r|----> most - x --> [ROM|r] --+--> [powers] --> sum (|r|) --> total |r|
//                                                                     '-------'-----------|r|--> quotients (|r|) --> out
//
// All sweeps go down one pipeline. `best` is complete when the first beat of the second sweep comes to it, `total` when the
// first of the third does, since the last beat of the sweep before is a cycle ahead; neither lies on the way of a beat.
// So a beat passes DEPTH >= 2 registers: FRONT up to the powers, the last of them the ROMs' own, MIDDLE in the tree of the
// sum, and BACK in the quotients, each according to its share of the levels.
//
// FOLDS: beats of a position, at least 2. The others: see codesign_softmax_at_once.
module codesign_softmax #(
    parameter int FOLDS = 2,
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
  localparam int F = $clog2(FOLDS);

  // What is known of an iteration when it is issued, where the largest is known (b), where its powers are (p) and where
  // their sum is (t): its beat, which sweep it belongs to, whether it is the first of it, and whether it is one at all.
  logic advance, first, last, unused_first, unused_last;
  logic [F-1:0] fold, fold_b, fold_p;
  logic [1:0] sweep;
  logic reads, reads_b, sums, sums_b, sums_p, sums_t, divides, divides_b, divides_p;
  logic first_b, first_p, first_t, there_b, there_p, there_t;

  codesign_counter #(
      .TURNS(FOLDS)
  ) folds (
      .clk,
      .rst,
      .step (go),
      .count(fold),
      .first,
      .last
  );
  codesign_counter #(
      .TURNS(3)
  ) sweeps (
      .clk,
      .rst,
      .step (go && last),
      .count(sweep),
      .first(unused_first),
      .last (unused_last)
  );

  codesign_pipeline #(
      .DEPTH(DEPTH)
  ) control (
      .clk,
      .rst,
      .need(reads),
      .give(divides),
      .in_valid,
      .in_ready,
      .out_valid,
      .out_ready,
      .go,
      .advance,
      .starved,
      .blocked
  );

  assign reads = sweep == 0;
  assign sums = sweep == 1;
  assign divides = sweep == 2;
  codesign_delay #(
      .WIDTH (F + 5),
      .CYCLES(FRONT - 1)
  ) to_best (
      .clk,
      .advance,
      .in ({fold, reads, sums, divides, first, go}),
      .out({fold_b, reads_b, sums_b, divides_b, first_b, there_b})
  );
  codesign_delay #(
      .WIDTH (F + 4),
      .CYCLES(1)
  ) to_powers (
      .clk,
      .advance,
      .in ({fold_b, sums_b, divides_b, first_b, there_b}),
      .out({fold_p, sums_p, divides_p, first_p, there_p})
  );
  codesign_delay #(
      .WIDTH (3),
      .CYCLES(MIDDLE)
  ) to_total (
      .clk,
      .advance,
      .in ({sums_p, first_p, there_p}),
      .out({sums_t, first_t, there_t})
  );

  // The beats of the position at hand: written in the first sweep, read in the second.
  (* ram_style = "distributed" *) logic [X_LANES*X_WIDTH-1:0] beats[FOLDS];
  logic [X_LANES*X_WIDTH-1:0] beat, x;
  always_ff @(posedge clk) if (go && reads) beats[fold] <= in_data;
  assign beat = reads ? in_data : beats[fold];

  logic [X_WIDTH-1:0] most, best;
  logic [(X_LANES > 1 ? $clog2(X_LANES) : 1)-1:0] unused_index;
  logic better;
  codesign_largest #(
      .TERMS(X_LANES),
      .X_WIDTH(X_WIDTH),
      .X_SIGNED(X_SIGNED),
      .REGS(FRONT - 1)
  ) largest (
      .clk,
      .advance,
      .x(beat),
      .y(most),
      .index(unused_index)
  );
  codesign_delay #(
      .WIDTH (X_LANES * X_WIDTH),
      .CYCLES(FRONT - 1)
  ) x_line (
      .clk,
      .advance,
      .in (beat),
      .out(x)
  );
  generate
    if (X_SIGNED) begin : g_signed
      assign better = first_b || $signed(most) > $signed(best);
    end else begin : g_unsigned
      assign better = first_b || most > best;
    end
  endgenerate
  always_ff @(posedge clk) if (advance && there_b && reads_b && better) best <= most;

  logic [X_LANES*POWER_WIDTH-1:0] looked_up, powers, powers_late;
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
      .most(best),
      .x,
      .powers(looked_up)
  );

  // Their powers: written in the second sweep, read in the third.
  (* ram_style = "distributed" *) logic [X_LANES*POWER_WIDTH-1:0] kept[FOLDS];
  always_ff @(posedge clk) if (advance && there_p && sums_p) kept[fold_p] <= looked_up;
  assign powers = divides_p ? kept[fold_p] : looked_up;

  logic [TOTAL_WIDTH-1:0] sum, total;
  codesign_total #(
      .LANES(X_LANES),
      .POWER_WIDTH(POWER_WIDTH),
      .TOTAL_WIDTH(TOTAL_WIDTH),
      .REGS(MIDDLE)
  ) sum_up (
      .clk,
      .advance,
      .powers,
      .powers_late,
      .total(sum)
  );
  always_ff @(posedge clk)
    if (advance && there_t && sums_t) total <= first_t ? sum : total + sum;

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
