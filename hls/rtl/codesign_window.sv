// For each output pixel all elements that its window sees, a part of one pixel per beat, through a ring of the last rows.
//
//   in --> [ ring of RING beats ] --> |1| --> | 2 .. DEPTH-1 | --> FILL, if not inside --> |DEPTH| --> out
//            ^ to         ^ from                                        ^
//                row, column: inside? --> |1| --> | 2 .. DEPTH-1 | -----'
//
// An iteration reads at most one beat and writes at most one, side by side. `ahead` is how many beats have been read
// beyond the window's first element, `left` how many the image still has:
//
//   write while ahead >= SPAN or all is read;  read while ahead < ROOM and not all is read.
//
// The taps of a window are three loops of OUTER, MIDDLE and INNER turns. The next element lies NEXT_INNER places further
// in the ring (modulo RING) and ROW_, COLUMN_INNER further in the image, and so on for the next turn of each loop, the
// next window beside and the next row of windows. What is written in the cycle in which a beat is read never is that
// beat: it lies in an earlier place of the stream.
//
// STEPS: iterations per sample. BEATS: of the image. BEGIN: beats from the first element of the first window to the image.
// HEIGHT, WIDTH; BELOW, BESIDE: rows and columns of the image, and of the windows. FIRST_*: where the first window starts.
// BEATS_BESIDE, BEATS_BELOW: beats of the stream to the next window. X_*: the beat. COUNTER_WIDTH: bits that hold any
// `ahead`. DEPTH: registers of the pipeline, at least 2.
module codesign_window #(
    parameter int STEPS = 1,
    parameter int BEATS = 1,
    parameter int RING = 1,
    parameter int SPAN = 1,
    parameter int ROOM = 1,
    parameter int BEGIN = 0,
    parameter int HEIGHT = 1,
    parameter int WIDTH = 1,
    parameter int BELOW = 1,
    parameter int BESIDE = 1,
    parameter int X_WIDTH = 8,
    parameter int X_LANES = 1,
    parameter int COUNTER_WIDTH = 8,
    parameter longint FILL = 0,
    parameter int FIRST_PLACE = 0,
    parameter longint FIRST_ROW = 0,
    parameter longint FIRST_COLUMN = 0,
    parameter int OUTER = 1,
    parameter int MIDDLE = 1,
    parameter int INNER = 1,
    parameter longint BEATS_BESIDE = 1,
    parameter longint BEATS_BELOW = 1,
    parameter longint ROW_INNER = 0,
    parameter longint COLUMN_INNER = 0,
    parameter longint NEXT_INNER = 0,
    parameter longint ROW_MIDDLE = 0,
    parameter longint COLUMN_MIDDLE = 0,
    parameter longint NEXT_MIDDLE = 0,
    parameter longint ROW_OUTER = 0,
    parameter longint COLUMN_OUTER = 0,
    parameter longint NEXT_OUTER = 0,
    parameter longint ROW_BESIDE = 0,
    parameter longint COLUMN_BESIDE = 0,
    parameter longint NEXT_BESIDE = 0,
    parameter longint ROW_BELOW = 0,
    parameter longint COLUMN_BELOW = 0,
    parameter longint NEXT_BELOW = 0,
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
  localparam int INNER_BITS = $clog2(INNER + 1);
  localparam int MIDDLE_BITS = $clog2(MIDDLE + 1);
  localparam int OUTER_BITS = $clog2(OUTER + 1);
  localparam int X_BITS = $clog2(BESIDE + 1);
  localparam int Y_BITS = $clog2(BELOW + 1);
  // A window reaches -ROW_BESIDE rows beyond its first one, the last column of the last window -COLUMN_BELOW beyond the
  // first column of the first one; so these bits hold any row or column of an element, and the sizes of the image.
  localparam int ROW_BITS = $clog2(HEIGHT - int'(ROW_BESIDE) + 1) + 1;
  localparam int COLUMN_BITS = $clog2(WIDTH - int'(COLUMN_BELOW) + 1) + 1;
  localparam longint LAST_ROW = FIRST_ROW + (longint'(BELOW) - 1) * (ROW_BELOW - ROW_BESIDE) - ROW_BESIDE;
  localparam longint LAST_COLUMN = FIRST_COLUMN - COLUMN_BELOW;
  localparam bit PADDED_ROWS = FIRST_ROW < 0 || LAST_ROW >= longint'(HEIGHT);
  localparam bit PADDED_COLUMNS = FIRST_COLUMN < 0 || LAST_COLUMN >= longint'(WIDTH);
  localparam logic signed [COUNTER_WIDTH-1:0] SPAN_AHEAD = COUNTER_WIDTH'(SPAN);
  localparam logic signed [COUNTER_WIDTH-1:0] ROOM_AHEAD = COUNTER_WIDTH'(ROOM);
  localparam logic signed [ROW_BITS-1:0] ROWS = ROW_BITS'(HEIGHT);
  localparam logic signed [COLUMN_BITS-1:0] COLUMNS = COLUMN_BITS'(WIDTH);
  localparam logic [PLACE_BITS:0] PLACES = (PLACE_BITS + 1)'(RING);
  localparam logic [X_WIDTH-1:0] CODE = X_WIDTH'(FILL);

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

  // Where the element at hand is, and how it goes on from there.
  logic [INNER_BITS-1:0] inner;
  logic [MIDDLE_BITS-1:0] middle;
  logic [OUTER_BITS-1:0] outer;
  logic [X_BITS-1:0] x;
  logic [Y_BITS-1:0] y;
  logic inner_last, middle_last, outer_last, x_last, window_last;
  logic [PLACE_BITS-1:0] to, from, from_next;
  logic [PLACE_BITS:0] move, moved;
  logic signed [ROW_BITS-1:0] row, down;
  logic signed [COLUMN_BITS-1:0] column, across;
  logic in_image;

  assign inner_last = inner == INNER_BITS'(INNER - 1);
  assign middle_last = middle == MIDDLE_BITS'(MIDDLE - 1);
  assign outer_last = outer == OUTER_BITS'(OUTER - 1);
  assign window_last = inner_last && middle_last && outer_last;
  assign x_last = x == X_BITS'(BESIDE - 1);
  assign in_image = (!PADDED_ROWS || (row >= 0 && row < ROWS)) && (!PADDED_COLUMNS || (column >= 0 && column < COLUMNS));

  always_comb begin
    if (!inner_last) begin
      move   = (PLACE_BITS + 1)'(NEXT_INNER);
      down   = ROW_BITS'(ROW_INNER);
      across = COLUMN_BITS'(COLUMN_INNER);
    end else if (!middle_last) begin
      move   = (PLACE_BITS + 1)'(NEXT_MIDDLE);
      down   = ROW_BITS'(ROW_MIDDLE);
      across = COLUMN_BITS'(COLUMN_MIDDLE);
    end else if (!outer_last) begin
      move   = (PLACE_BITS + 1)'(NEXT_OUTER);
      down   = ROW_BITS'(ROW_OUTER);
      across = COLUMN_BITS'(COLUMN_OUTER);
    end else if (!x_last) begin
      move   = (PLACE_BITS + 1)'(NEXT_BESIDE);
      down   = ROW_BITS'(ROW_BESIDE);
      across = COLUMN_BITS'(COLUMN_BESIDE);
    end else begin
      move   = (PLACE_BITS + 1)'(NEXT_BELOW);
      down   = ROW_BITS'(ROW_BELOW);
      across = COLUMN_BITS'(COLUMN_BELOW);
    end
  end

  assign moved = {1'b0, from} + move;
  assign from_next = PLACE_BITS'(moved >= PLACES ? moved - PLACES : moved);
  assign further = !(writes && window_last) ? '0 :
                   COUNTER_WIDTH'(x_last ? BEATS_BELOW : BEATS_BESIDE);

  always_ff @(posedge clk) begin
    if (rst || (go && last)) begin
      step   <= '0;
      left   <= LEFT_BITS'(BEATS);
      ahead  <= COUNTER_WIDTH'(BEGIN);
      done   <= 1'b0;
      inner  <= '0;
      middle <= '0;
      outer  <= '0;
      x      <= '0;
      y      <= '0;
      to     <= '0;
      from   <= PLACE_BITS'(FIRST_PLACE);
      row    <= ROW_BITS'(FIRST_ROW);
      column <= COLUMN_BITS'(FIRST_COLUMN);
    end else if (go) begin
      step  <= step + 1'b1;
      ahead <= (reads ? ahead + 1'b1 : ahead) - further;
      if (reads) begin
        left <= left - 1'b1;
        to   <= to == PLACE_BITS'(RING - 1) ? '0 : to + 1'b1;
      end
      if (writes) begin
        inner  <= inner_last ? '0 : inner + 1'b1;
        from   <= from_next;
        row    <= row + down;
        column <= column + across;
        if (inner_last) middle <= middle_last ? '0 : middle + 1'b1;
        if (inner_last && middle_last) outer <= outer_last ? '0 : outer + 1'b1;
        if (window_last) begin
          x <= x_last ? '0 : x + 1'b1;
          if (x_last) begin
            y    <= y + 1'b1;
            done <= y == Y_BITS'(BELOW - 1);
          end
        end
      end
    end
  end

  logic [BITS-1:0] seen, seen_late;
  logic inside_seen, inside_late;

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

  always_ff @(posedge clk) if (go) inside_seen <= in_image;

  codesign_delay #(
      .WIDTH (BITS + 1),
      .CYCLES(DEPTH - 2)
  ) line (
      .clk,
      .advance,
      .in ({inside_seen, seen}),
      .out({inside_late, seen_late})
  );

  always_ff @(posedge clk) if (advance) out_data <= inside_late ? seen_late : {X_LANES{CODE}};
endmodule
