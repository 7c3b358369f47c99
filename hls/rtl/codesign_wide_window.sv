// For each output pixel all elements that its window sees, whole or in wide parts, through row buffers and registers.
//
// A shift moves every pixel on by one place: pixel -> row of registers -> row buffer -> row of registers -> ...
// All rows move alike, so here a place holds a column of TAPS_DOWN pixels, the newest row in the highest bits:
//
//    in --> |1..F| -------------+--> newest row            F = DEPTH-1, or DEPTH-2 where `columns` begin with a register
//                  .----------->+--> other rows
//   [ row buffers ] --> |1..F| -'        |
//         ^                              v
//         '------ all but the oldest --- column --> |c| --> |c| --> ... --> the columns of a window
//                                                    v       v
//              FILL, where a tap is not inside ----> |        DEPTH: kept          | --> out: the lowest part
//
// An iteration shifts unless the shift would complete a window while parts of the one before are kept. It reads a pixel
// if the place that comes in is one of the image, and writes a part while there are any: a shift that completes a window
// puts it into `kept`, each further part moves it down. The row buffers are a circle of ROW_DEPTH columns, read when the
// iteration is issued and written F cycles later at the same place; less than 8 columns are a line of registers.
//
// STEPS: iterations per sample. HEIGHT, WIDTH: of the image. PITCH: shifts per row of it. FIRST, ACROSS, DOWN: shifts until
// the first window is complete, from one to the next beside it, and to the next row of windows. BELOW, BESIDE: rows and
// columns of windows. TAPS_*: of a window; REACH_*: rows and columns from one tap to the next. COLUMNS: from the first
// tap of a row to the last. STRIDE_*: between windows; FIRST_ROW, FIRST_COLUMN: where the first one starts. PADDED: whether
// a tap may lie outside. ELEMENTS, PARTS: of a window. X_*, Y_*: a pixel, and a part. DEPTH: registers, at least 2.
module codesign_wide_window #(
    parameter int STEPS = 1,
    parameter int HEIGHT = 1,
    parameter int WIDTH = 1,
    parameter int PITCH = 1,
    parameter int FIRST = 1,
    parameter int ACROSS = 1,
    parameter int DOWN = 1,
    parameter int BELOW = 1,
    parameter int BESIDE = 1,
    parameter int TAPS_DOWN = 1,
    parameter int TAPS_ACROSS = 1,
    parameter int REACH_DOWN = 1,
    parameter int REACH_ACROSS = 1,
    parameter int COLUMNS = 1,
    parameter int ROW_DEPTH = 1,
    parameter int STRIDE_DOWN = 1,
    parameter int STRIDE_ACROSS = 1,
    parameter bit PADDED = 0,
    parameter int ELEMENTS = 1,
    parameter int PARTS = 1,
    parameter longint FIRST_ROW = 0,
    parameter longint FIRST_COLUMN = 0,
    parameter int X_WIDTH = 8,
    parameter int X_LANES = 1,
    parameter int Y_WIDTH = 8,
    parameter int Y_LANES = 1,
    parameter longint FILL = 0,
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
  localparam int PIXEL = X_LANES * X_WIDTH;
  localparam int COLUMN = TAPS_DOWN * PIXEL;
  localparam int WINDOW = ELEMENTS * X_WIDTH;
  localparam int PART = Y_LANES * Y_WIDTH;
  localparam int BEHIND = DEPTH > 2 ? 1 : 0;  // whether the newest column has a register of its own
  localparam int FRONT = DEPTH - 1 - BEHIND;
  localparam int STEP_BITS = $clog2(STEPS + 1);
  localparam int ACROSS_BITS = $clog2(PITCH + 1);
  localparam int DOWN_BITS = $clog2(HEIGHT + 1);
  localparam int LONGEST = FIRST > DOWN ? (FIRST > ACROSS ? FIRST : ACROSS) : (DOWN > ACROSS ? DOWN : ACROSS);
  localparam int UNTIL_BITS = $clog2(LONGEST + 1);
  localparam int PART_BITS = $clog2(PARTS + 1);
  localparam int X_BITS = $clog2(BESIDE + 1);
  localparam int Y_BITS = $clog2(BELOW + 1);
  localparam int ROW_BITS = $clog2(HEIGHT + TAPS_DOWN * REACH_DOWN) + 1;
  localparam int COLUMN_BITS = $clog2(WIDTH + TAPS_ACROSS * REACH_ACROSS) + 1;
  localparam logic [PIXEL-1:0] OUTSIDE = {X_LANES{X_WIDTH'(FILL)}};

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

  // Which iteration shifts, reads and writes.
  logic [STEP_BITS-1:0] step;
  logic [ACROSS_BITS-1:0] x_pixel;
  logic [DOWN_BITS-1:0] y_pixel;
  logic [UNTIL_BITS-1:0] until_complete;
  logic [PART_BITS-1:0] left;
  logic [X_BITS-1:0] x;
  logic [Y_BITS-1:0] y;
  logic done, due, shifts, completes, x_last, row_ends;

  assign last = step == STEP_BITS'(STEPS - 1);
  assign due = !done && until_complete == UNTIL_BITS'(1);
  assign shifts = !due || left == '0;
  assign completes = due && left == '0;
  assign reads = shifts && x_pixel < ACROSS_BITS'(WIDTH) && y_pixel < DOWN_BITS'(HEIGHT);
  assign writes = completes || left != '0;
  assign row_ends = x_pixel == ACROSS_BITS'(PITCH - 1);
  assign x_last = x == X_BITS'(BESIDE - 1);

  always_ff @(posedge clk) begin
    if (rst || (go && last)) begin
      step           <= '0;
      x_pixel        <= '0;
      y_pixel        <= '0;
      until_complete <= UNTIL_BITS'(FIRST);
      left           <= '0;
      x              <= '0;
      y              <= '0;
      done           <= 1'b0;
    end else if (go) begin
      step <= step + 1'b1;
      if (shifts) begin
        x_pixel <= row_ends ? '0 : x_pixel + 1'b1;
        if (row_ends && y_pixel != DOWN_BITS'(HEIGHT)) y_pixel <= y_pixel + 1'b1;
        until_complete <= !due ? until_complete - 1'b1 : x_last ? UNTIL_BITS'(DOWN) : UNTIL_BITS'(ACROSS);
      end
      if (completes) begin
        left <= PART_BITS'(PARTS - 1);
        x    <= x_last ? '0 : x + 1'b1;
        if (x_last) begin
          y    <= y + 1'b1;
          done <= y == Y_BITS'(BELOW - 1);
        end
      end else if (left != '0) begin
        left <= left - 1'b1;
      end
    end
  end

  // The newest column, as an iteration that shifts leaves stage FRONT.
  logic [PIXEL-1:0] pixel, pixel_late;
  logic [COLUMN-1:0] fresh;
  logic shift, shift_late;

  always_ff @(posedge clk) begin
    if (advance) shift <= go && shifts;
    if (go && shifts) pixel <= in_data;
  end

  codesign_delay #(
      .WIDTH (PIXEL + 1),
      .CYCLES(FRONT - 1)
  ) front (
      .clk,
      .advance,
      .in ({shift, pixel}),
      .out({shift_late, pixel_late})
  );

  generate
    if (TAPS_DOWN == 1) begin : g_row
      assign fresh = pixel_late;
    end else begin : g_rows
      localparam int ROWS = COLUMN - PIXEL;

      logic [ROWS-1:0] rows;
      assign fresh = {pixel_late, rows};

      if (ROW_DEPTH < 8) begin : g_line
        codesign_delay #(
            .WIDTH (ROWS),
            .CYCLES(ROW_DEPTH)
        ) buffers (
            .clk,
            .advance(advance && shift_late),
            .in (fresh[COLUMN-1:PIXEL]),
            .out(rows)
        );
      end else begin : g_ram
        localparam int PLACE_BITS = $clog2(ROW_DEPTH);

        logic [PLACE_BITS-1:0] place, place_seen, place_late;
        logic [ROWS-1:0] rows_seen;

        always_ff @(posedge clk) begin
          if (rst || (go && last)) place <= '0;
          else if (go && shifts) place <= place == PLACE_BITS'(ROW_DEPTH - 1) ? '0 : place + 1'b1;
          if (go && shifts) place_seen <= place;
        end

        codesign_ram #(
            .WORDS(ROW_DEPTH),
            .BITS (ROWS)
        ) buffers (
            .clk,
            .write(advance && shift_late),
            .write_at(place_late),
            .in(fresh[COLUMN-1:PIXEL]),
            .read(go && shifts),
            .read_at(place),
            .word(rows_seen)
        );

        codesign_delay #(
            .WIDTH (PLACE_BITS + ROWS),
            .CYCLES(FRONT - 1)
        ) late (
            .clk,
            .advance,
            .in ({place_seen, rows_seen}),
            .out({place_late, rows})
        );
      end
    end
  endgenerate

  // The columns of a window, the oldest first.
  genvar i, j, k;
  generate
    for (j = 0; j < COLUMNS; j++) begin : g_column
      logic [COLUMN-1:0] pixels;
      if (j < COLUMNS - 1) begin : g_older
        always_ff @(posedge clk) if (advance && shift_late) pixels <= g_column[j+1].pixels;
      end else if (BEHIND == 1) begin : g_registered
        always_ff @(posedge clk) if (advance && shift_late) pixels <= fresh;
      end else begin : g_newest
        assign pixels = fresh;
      end
    end
  endgenerate

  // The window, with the padding's code in those taps that lie in it.
  logic [WINDOW-1:0] window;
  logic [TAPS_DOWN-1:0] rows_inside;
  logic [TAPS_ACROSS-1:0] columns_inside;

  generate
    for (i = 0; i < TAPS_DOWN; i++) begin : g_down
      for (j = 0; j < TAPS_ACROSS; j++) begin : g_across
        logic [PIXEL-1:0] tap;
        assign tap = g_column[j*REACH_ACROSS].pixels[i*PIXEL+:PIXEL];
        assign window[(i*TAPS_ACROSS+j)*PIXEL+:PIXEL] = rows_inside[i] && columns_inside[j] ? tap : OUTSIDE;
      end
    end
    if (PADDED) begin : g_padded
      logic signed [ROW_BITS-1:0] row;
      logic signed [COLUMN_BITS-1:0] column;
      logic [TAPS_DOWN-1:0] rows_now, rows_then;
      logic [TAPS_ACROSS-1:0] columns_now, columns_then;

      always_ff @(posedge clk) begin
        if (rst || (go && last)) begin
          row    <= ROW_BITS'(FIRST_ROW);
          column <= COLUMN_BITS'(FIRST_COLUMN);
        end else if (go && completes) begin
          row    <= x_last ? row + ROW_BITS'(STRIDE_DOWN) : row;
          column <= x_last ? COLUMN_BITS'(FIRST_COLUMN) : column + COLUMN_BITS'(STRIDE_ACROSS);
        end
        if (go) begin
          rows_then    <= rows_now;
          columns_then <= columns_now;
        end
      end
      for (i = 0; i < TAPS_DOWN; i++) begin : g_row_inside
        localparam logic signed [ROW_BITS-1:0] LOW = ROW_BITS'(-i * REACH_DOWN);
        localparam logic signed [ROW_BITS-1:0] HIGH = ROW_BITS'(HEIGHT - i * REACH_DOWN);
        assign rows_now[i] = row >= LOW && row < HIGH;
      end
      for (j = 0; j < TAPS_ACROSS; j++) begin : g_column_inside
        localparam logic signed [COLUMN_BITS-1:0] LOW = COLUMN_BITS'(-j * REACH_ACROSS);
        localparam logic signed [COLUMN_BITS-1:0] HIGH = COLUMN_BITS'(WIDTH - j * REACH_ACROSS);
        assign columns_now[j] = column >= LOW && column < HIGH;
      end

      codesign_delay #(
          .WIDTH (TAPS_DOWN + TAPS_ACROSS),
          .CYCLES(DEPTH - 2)
      ) late (
          .clk,
          .advance,
          .in ({rows_then, columns_then}),
          .out({rows_inside, columns_inside})
      );
    end else begin : g_whole
      assign rows_inside = '1;
      assign columns_inside = '1;
    end
  endgenerate

  // What leaves: a whole window, then part by part.
  logic [1:0] keep, keep_late;  // a window is complete; a part goes out

  always_ff @(posedge clk) if (advance) keep <= {go && completes, go && writes};

  codesign_delay #(
      .WIDTH (2),
      .CYCLES(DEPTH - 2)
  ) behind (
      .clk,
      .advance,
      .in (keep),
      .out(keep_late)
  );

  generate
    for (k = 0; k < PARTS; k++) begin : g_part
      logic [PART-1:0] kept;
      if (k == PARTS - 1) begin : g_last
        always_ff @(posedge clk) if (advance && keep_late[1]) kept <= window[k*PART+:PART];
      end else begin : g_moved
        always_ff @(posedge clk)
          if (advance && keep_late[0]) kept <= keep_late[1] ? window[k*PART+:PART] : g_part[k+1].kept;
      end
    end
  endgenerate
  assign out_data = g_part[0].kept;

  logic unused;
  assign unused = &{1'b0, shift_late, keep_late};  // without columns, or parts, that move
endmodule
