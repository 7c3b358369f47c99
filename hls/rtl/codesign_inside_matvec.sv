// The folded product of windows of which only the taps inside the image come: what is left out is zero.
//
//   in_data --> codesign_folded: Y_LANES x X_LANES products, Y_LANES accumulators --> out_data
//                 ^ place, word, fold, first
//   go --> tap folds --> taps across --> taps down --> fold --> windows beside --> windows below
//              '--> word: one further, but to the next row of taps ROW_FOLDS further than to this one
//
// Output fold after output fold as codesign_matvec does it, but a window has only as many taps as the tables say: a word of
// `rows` holds how many rows of taps come of the windows in that row, and the first of their words of weights; `columns` holds
// the same for columns. Both are read a window ahead.
//
// IN_FOLDS: beats of a whole window. OUT_FOLDS: beats of its results. BELOW, BESIDE: rows and columns of windows. TAP_FOLDS:
// beats of a tap. ROW_FOLDS: beats of a whole row of taps. TABLE_WIDTH: bits of the tables' two numbers.
// X_*, Y_*: the beats; X_LANES and Y_LANES are what is multiplied and summed at a time. WEIGHT_*, BIAS_*: codes.
// MULTIPLIER, SHIFT: what the products are made of, see codesign_multiply. WEIGHTS_*, BIAS_*: the memories, see
// codesign_rom. DEPTH: registers of the pipeline, as codesign_folded shares them out.
module codesign_inside_matvec #(
    parameter int IN_FOLDS = 1,
    parameter int OUT_FOLDS = 1,
    parameter int BELOW = 1,
    parameter int BESIDE = 1,
    parameter int TAP_FOLDS = 1,
    parameter int ROW_FOLDS = 1,
    parameter int TABLE_WIDTH = 1,
    parameter ROWS_FILE = "",
    parameter COLUMNS_FILE = "",
    parameter int X_WIDTH = 8,
    parameter bit X_SIGNED = 0,
    parameter int X_LANES = 1,
    parameter int Y_WIDTH = 16,
    parameter int Y_LANES = 1,
    parameter int WEIGHT_WIDTH = 8,
    parameter bit WEIGHT_SIGNED = 1,
    parameter int BIAS_WIDTH = 1,
    parameter bit BIAS_SIGNED = 0,
    parameter bit BIASED = 0,
    parameter MULTIPLIER = "lut",
    parameter int SHIFT = 0,
    parameter WEIGHTS_FILE = "",
    parameter int WEIGHTS_WORDS = 1,
    parameter WEIGHTS_STYLE = "registers",
    parameter BIAS_FILE = "",
    parameter BIAS_STYLE = "registers",
    parameter int DEPTH = 2
) (
    input  logic                       clk,
    input  logic                       rst,
    input  logic [X_LANES*X_WIDTH-1:0] in_data,
    input  logic                       in_valid,
    output logic                       in_ready,
    output logic [Y_LANES*Y_WIDTH-1:0] out_data,
    output logic                       out_valid,
    input  logic                       out_ready,
    output logic                       go,
    output logic                       starved,
    output logic                       blocked
);
  localparam int WORD_BITS = WEIGHTS_WORDS > 1 ? $clog2(WEIGHTS_WORDS) : 1;
  localparam int PLACE_BITS = IN_FOLDS > 1 ? $clog2(IN_FOLDS) : 1;
  localparam int FOLD_BITS = OUT_FOLDS > 1 ? $clog2(OUT_FOLDS) : 1;
  localparam int ROW_BITS = BELOW > 1 ? $clog2(BELOW) : 1;
  localparam int COLUMN_BITS = BESIDE > 1 ? $clog2(BESIDE) : 1;

  logic advance, first, last, reads, window_done;
  logic [WORD_BITS-1:0] word, line, start, first_word;
  logic [PLACE_BITS-1:0] place;
  logic [FOLD_BITS-1:0] fold;

  codesign_pipeline #(
      .DEPTH (DEPTH),
      .READS (1),
      .WRITES(1)
  ) control (
      .clk,
      .rst,
      .need(reads),
      .give(last),
      .in_valid,
      .in_ready,
      .out_valid,
      .out_ready,
      .go,
      .advance,
      .starved,
      .blocked
  );

  // The window after the one at hand, and what comes of it; while in reset, the first one.
  (* ram_style = "distributed" *) logic [2*TABLE_WIDTH-1:0] rows[BELOW];
  (* ram_style = "distributed" *) logic [2*TABLE_WIDTH-1:0] columns[BESIDE];
  logic [ROW_BITS-1:0] y_next, y_at;
  logic [COLUMN_BITS-1:0] x_next, x_at;
  logic [2*TABLE_WIDTH-1:0] row_entry, column_entry;

  initial begin
    $readmemh(ROWS_FILE, rows);
    $readmemh(COLUMNS_FILE, columns);
  end
  assign y_at = rst ? '0 : y_next;
  assign x_at = rst ? '0 : x_next;
  assign row_entry = rows[y_at];
  assign column_entry = columns[x_at];
  assign first_word = WORD_BITS'(row_entry[2*TABLE_WIDTH-1:TABLE_WIDTH]) +
      WORD_BITS'(column_entry[2*TABLE_WIDTH-1:TABLE_WIDTH]);

  always_ff @(posedge clk)
    if (rst || (go && window_done)) begin
      x_next <= x_at == COLUMN_BITS'(BESIDE - 1) ? '0 : x_at + 1'b1;
      if (x_at == COLUMN_BITS'(BESIDE - 1)) y_next <= y_at == ROW_BITS'(BELOW - 1) ? '0 : y_at + 1'b1;
      else y_next <= y_at;
    end

  // The taps of the window at hand.
  logic [TABLE_WIDTH-1:0] taps_down, taps_across, row, column;
  logic tap_begins, tap_done, column_done, fold_done;
  logic [(TAP_FOLDS > 1 ? $clog2(TAP_FOLDS) : 1)-1:0] part;
  logic unused;

  assign unused = &{1'b0, part, tap_begins};
  codesign_counter #(
      .TURNS(TAP_FOLDS)
  ) parts (
      .clk,
      .rst,
      .step(go),
      .count(part),
      .first(tap_begins),
      .last(tap_done)
  );
  codesign_counter #(
      .TURNS(OUT_FOLDS)
  ) folds (
      .clk,
      .rst,
      .step(go && last),
      .count(fold),
      .first(reads),
      .last(fold_done)
  );
  assign column_done = tap_done && column == taps_across - 1'b1;
  assign last = column_done && row == taps_down - 1'b1;
  assign window_done = last && fold_done;
  assign first = place == '0;

  always_ff @(posedge clk)
    if (rst || (go && window_done)) begin
      taps_down <= row_entry[TABLE_WIDTH-1:0];
      taps_across <= column_entry[TABLE_WIDTH-1:0];
      start <= first_word;
      line <= first_word;
      word <= first_word;
      place <= '0;
      column <= '0;
      row <= '0;
    end else if (go) begin
      place  <= last ? '0 : place + 1'b1;
      if (tap_done) column <= column_done ? '0 : column + 1'b1;
      if (column_done) row <= last ? '0 : row + 1'b1;
      if (last) begin
        start <= start + WORD_BITS'(IN_FOLDS);
        line  <= start + WORD_BITS'(IN_FOLDS);
        word  <= start + WORD_BITS'(IN_FOLDS);
      end else if (column_done) begin
        line <= line + WORD_BITS'(ROW_FOLDS);
        word <= line + WORD_BITS'(ROW_FOLDS);
      end else begin
        word <= word + 1'b1;
      end
    end

  codesign_folded #(
      .X_WIDTH      (X_WIDTH),
      .X_SIGNED     (X_SIGNED),
      .X_LANES      (X_LANES),
      .Y_WIDTH      (Y_WIDTH),
      .Y_LANES      (Y_LANES),
      .WEIGHT_WIDTH (WEIGHT_WIDTH),
      .WEIGHT_SIGNED(WEIGHT_SIGNED),
      .BIAS_WIDTH   (BIAS_WIDTH),
      .BIAS_SIGNED  (BIAS_SIGNED),
      .BIASED       (BIASED),
      .PLACES       (IN_FOLDS),
      .KEPT         (OUT_FOLDS > 1),
      .TURNS        (IN_FOLDS > 1),
      .FOLDS        (OUT_FOLDS),
      .MULTIPLIER   (MULTIPLIER),
      .SHIFT        (SHIFT),
      .WEIGHTS_FILE (WEIGHTS_FILE),
      .WEIGHTS_WORDS(WEIGHTS_WORDS),
      .WEIGHTS_STYLE(WEIGHTS_STYLE),
      .BIAS_FILE    (BIAS_FILE),
      .BIAS_STYLE   (BIAS_STYLE),
      .DEPTH        (DEPTH)
  ) data (
      .clk,
      .rst,
      .go,
      .advance,
      .reads,
      .first,
      .word,
      .place,
      .fold,
      .in_data,
      .out_data
  );
endmodule
