// For each output pixel the elements that its window sees of the image, without padding, through a ring of the last rows.
//
//   in --> [ ring of RING beats ] --> |1| --> | 2 .. DEPTH | --> out
//            ^ to         ^ from
//
// An iteration reads at most one beat and writes at most one, side by side. `ahead` is how many beats have been read
// beyond the window's first element, padding included, `left` how many the image still has:
//
//   write while ahead >= SPAN or all is read;  read while ahead < ROOM and not all is read.
//
// Word y of the table `rows` holds how many rows of taps of the windows in row y lie inside the image (the lower half) and
// the place in the ring of the first one; `columns` the same for columns. The sum of both places is where a window
// starts; from there it goes on by one within the FOLDS beats of a tap, by NEXT_COLUMN to the next tap of its row, and by
// NEXT_ROW from the start of a row of taps to the next, all modulo RING. What is written in the cycle in which a beat is
// read never is that beat: it lies in an earlier place of the stream.
//
// STEPS: iterations per sample. BEATS: of the image. BEGIN: beats from the first element of the first window, with its
// padding, to the image. BELOW, BESIDE: rows and columns of windows. BEATS_BESIDE, BEATS_BELOW: beats of the stream from
// one window to the next. X_*: the beat. COUNTER_WIDTH: bits that hold any `ahead`. TABLE_WIDTH: bits of a number in the
// tables. DEPTH: registers of the pipeline, at least 2.
module codesign_inside_window #(
    parameter int STEPS = 1,
    parameter int BEATS = 1,
    parameter int RING = 1,
    parameter int SPAN = 1,
    parameter int ROOM = 1,
    parameter int BEGIN = 0,
    parameter int BELOW = 1,
    parameter int BESIDE = 1,
    parameter int FOLDS = 1,
    parameter int NEXT_COLUMN = 0,
    parameter int NEXT_ROW = 0,
    parameter int BEATS_BESIDE = 1,
    parameter longint BEATS_BELOW = 1,
    parameter int X_WIDTH = 8,
    parameter int X_LANES = 1,
    parameter int COUNTER_WIDTH = 8,
    parameter int TABLE_WIDTH = 8,
    parameter ROWS_FILE = "",
    parameter int ROWS_WORDS = 1,
    parameter int ROWS_BITS = 16,
    parameter COLUMNS_FILE = "",
    parameter int COLUMNS_WORDS = 1,
    parameter int COLUMNS_BITS = 16,
    parameter int DEPTH = 2
) (
    input  logic                       clk,
    input  logic                       rst,
    input  logic [X_LANES*X_WIDTH-1:0] in_data,
    input  logic                       in_valid,
    output logic                       in_ready,
    output logic [X_LANES*X_WIDTH-1:0] out_data,
    output logic                       out_valid,
    input  logic                       out_ready,
    output logic                       go,
    output logic                       starved,
    output logic                       blocked
);
  localparam int BITS = X_LANES * X_WIDTH;
  localparam int STEP_BITS = $clog2(STEPS + 1);
  localparam int LEFT_BITS = $clog2(BEATS + 1);
  localparam int PLACE_BITS = RING > 1 ? $clog2(RING) : 1;
  localparam int FOLD_BITS = $clog2(FOLDS + 1);
  localparam int X_BITS = BESIDE > 1 ? $clog2(BESIDE) : 1;
  localparam int Y_BITS = BELOW > 1 ? $clog2(BELOW) : 1;
  localparam logic [X_BITS-1:0] SECOND_X = X_BITS'(BESIDE > 1 ? 1 : 0);
  localparam logic [Y_BITS-1:0] SECOND_Y = Y_BITS'(BESIDE == 1 && BELOW > 1 ? 1 : 0);
  localparam logic signed [COUNTER_WIDTH-1:0] SPAN_AHEAD = COUNTER_WIDTH'(SPAN);
  localparam logic signed [COUNTER_WIDTH-1:0] ROOM_AHEAD = COUNTER_WIDTH'(ROOM);
  localparam logic [PLACE_BITS:0] PLACES = (PLACE_BITS + 1)'(RING);

  logic advance, reads, writes, last;

  codesign_pipeline #(
      .DEPTH (DEPTH),
      .READS (1),
      .WRITES(1)
  ) control (
      .clk,
      .rst,
      .need(reads),
      .give(writes),
      .in_valid,
      .in_ready,
      .out_valid,
      .out_ready,
      .go,
      .advance,
      .starved,
      .blocked
  );

  // Which iteration reads and which writes.
  logic [STEP_BITS-1:0] step;
  logic [LEFT_BITS-1:0] left;
  logic signed [COUNTER_WIDTH-1:0] ahead, further;
  logic done;

  assign last = step == STEP_BITS'(STEPS - 1);
  assign reads = left != '0 && (done || ahead < ROOM_AHEAD);
  assign writes = !done && (left == '0 || ahead >= SPAN_AHEAD);

  // Where the window behind the one at hand lies; behind the last one the next sample's first.
  logic [ROWS_BITS-1:0] rows[ROWS_WORDS];
  logic [COLUMNS_BITS-1:0] columns[COLUMNS_WORDS];
  logic [ROWS_BITS-1:0] rows_next;
  logic [COLUMNS_BITS-1:0] columns_next;
  logic [X_BITS-1:0] x_next;
  logic [Y_BITS-1:0] y_next;
  logic row_of_windows_last, sample_last;

  initial $readmemh(ROWS_FILE, rows);
  initial $readmemh(COLUMNS_FILE, columns);
  assign rows_next = rows[y_next];
  assign columns_next = columns[x_next];
  assign row_of_windows_last = x_next == '0;
  assign sample_last = row_of_windows_last && y_next == '0;

  // Where the beat at hand is in its window, and how it goes on from there.
  logic [TABLE_WIDTH-1:0] taps_down, taps_across, tap_row, tap_column;
  logic [FOLD_BITS-1:0] fold;
  logic tap_last, row_last, window_last;
  logic [PLACE_BITS-1:0] to, from, line, from_next, first;
  logic [PLACE_BITS:0] base, move, moved, first_sum;

  assign tap_last = fold == FOLD_BITS'(FOLDS - 1);
  assign row_last = tap_last && tap_column == taps_across - 1'b1;
  assign window_last = row_last && tap_row == taps_down - 1'b1;

  always_comb begin
    if (window_last) begin
      base = (PLACE_BITS + 1)'(rows_next[2*TABLE_WIDTH-1:TABLE_WIDTH]);
      move = (PLACE_BITS + 1)'(columns_next[2*TABLE_WIDTH-1:TABLE_WIDTH]);
    end else if (row_last) begin
      base = {1'b0, line};
      move = (PLACE_BITS + 1)'(NEXT_ROW);
    end else begin
      base = {1'b0, from};
      move = tap_last ? (PLACE_BITS + 1)'(NEXT_COLUMN) : (PLACE_BITS + 1)'(1);
    end
  end

  assign moved = base + move;
  assign from_next = PLACE_BITS'(moved >= PLACES ? moved - PLACES : moved);
  assign first_sum = (PLACE_BITS + 1)'(rows[0][2*TABLE_WIDTH-1:TABLE_WIDTH]) +
      (PLACE_BITS + 1)'(columns[0][2*TABLE_WIDTH-1:TABLE_WIDTH]);
  assign first = PLACE_BITS'(first_sum >= PLACES ? first_sum - PLACES : first_sum);
  assign further = !(writes && window_last) ? '0 :
      row_of_windows_last ? COUNTER_WIDTH'(BEATS_BELOW) : COUNTER_WIDTH'(BEATS_BESIDE);

  always_ff @(posedge clk) begin
    if (rst || (go && last)) begin
      step  <= '0;
      left  <= LEFT_BITS'(BEATS);
      ahead <= COUNTER_WIDTH'(BEGIN);
      done  <= 1'b0;
      to    <= '0;
    end else if (go) begin
      step  <= step + 1'b1;
      ahead <= (reads ? ahead + 1'b1 : ahead) - further;
      if (reads) begin
        left <= left - 1'b1;
        to   <= to == PLACE_BITS'(RING - 1) ? '0 : to + 1'b1;
      end
      if (writes && window_last) done <= sample_last;
    end
  end

  always_ff @(posedge clk) begin
    if (rst) begin
      x_next      <= SECOND_X;
      y_next      <= SECOND_Y;
      taps_down   <= rows[0][TABLE_WIDTH-1:0];
      taps_across <= columns[0][TABLE_WIDTH-1:0];
      tap_row     <= '0;
      tap_column  <= '0;
      fold        <= '0;
      from        <= first;
      line        <= first;
    end else if (go && writes) begin
      fold <= tap_last ? '0 : fold + 1'b1;
      from <= from_next;
      if (tap_last) tap_column <= row_last ? '0 : tap_column + 1'b1;
      if (row_last) begin
        tap_row <= window_last ? '0 : tap_row + 1'b1;
        line    <= from_next;
      end
      if (window_last) begin
        taps_down   <= rows_next[TABLE_WIDTH-1:0];
        taps_across <= columns_next[TABLE_WIDTH-1:0];
        x_next      <= x_next == X_BITS'(BESIDE - 1) ? '0 : x_next + 1'b1;
        if (x_next == X_BITS'(BESIDE - 1)) y_next <= y_next == Y_BITS'(BELOW - 1) ? '0 : y_next + 1'b1;
      end
    end
  end

  logic [BITS-1:0] seen;

  codesign_ram #(
      .WORDS(RING),
      .BITS (BITS)
  ) ring (
      .clk,
      .write(go && reads),
      .write_at(to),
      .in(in_data),
      .read(go && writes),
      .read_at(from),
      .word(seen)
  );

  codesign_delay #(
      .WIDTH (BITS),
      .CYCLES(DEPTH - 1)
  ) line_out (
      .clk,
      .advance,
      .in (seen),
      .out(out_data)
  );
endmodule
