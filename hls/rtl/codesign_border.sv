// The image with rows and columns of one code around it; a beat per cycle.
//
//   in --> FILL, outside of the image --> | 1 .. DEPTH | --> out
//
// ROWS, COLUMNS: of the result. FOLDS: beats per pixel. TOP, BOTTOM, LEFT, RIGHT: the rows from TOP to before BOTTOM and
// the columns from LEFT to before RIGHT are the image's. X_*: the beat. DEPTH: registers of the pipeline, at least 1.
module codesign_border #(
    parameter int ROWS = 1,
    parameter int COLUMNS = 1,
    parameter int FOLDS = 1,
    parameter int TOP = 0,
    parameter int BOTTOM = 1,
    parameter int LEFT = 0,
    parameter int RIGHT = 1,
    parameter int X_WIDTH = 8,
    parameter int X_LANES = 1,
    parameter longint FILL = 0,
    parameter int DEPTH = 1
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
  localparam int ROW_BITS = $clog2(ROWS + 1);
  localparam int COLUMN_BITS = $clog2(COLUMNS + 1);
  localparam int FOLD_BITS = $clog2(FOLDS + 1);
  localparam logic [X_WIDTH-1:0] CODE = X_WIDTH'(FILL);

  logic advance, row_inside, column_inside, in_image, fold_last, column_last, row_last;
  logic [ROW_BITS-1:0] row, row_next;
  logic [COLUMN_BITS-1:0] column, column_next;
  logic [FOLD_BITS-1:0] fold;

  assign fold_last = fold == FOLD_BITS'(FOLDS - 1);
  assign column_last = column == COLUMN_BITS'(COLUMNS - 1);
  assign row_last = row == ROW_BITS'(ROWS - 1);
  assign column_next = column_last ? '0 : column + 1'b1;
  assign row_next = row_last ? '0 : row + 1'b1;
  assign in_image = row_inside && column_inside;

  codesign_pipeline #(
      .DEPTH (DEPTH),
      .READS (1),
      .WRITES(1)
  ) control (
      .clk,
      .rst,
      .need(in_image),
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

  // The image's rows begin with TOP and end before BOTTOM, which may be behind the last row; so for columns.
  always_ff @(posedge clk) begin
    if (rst) begin
      row <= '0;
      column <= '0;
      fold <= '0;
      row_inside <= TOP == 0;
      column_inside <= LEFT == 0;
    end else if (go) begin
      fold <= fold_last ? '0 : fold + 1'b1;
      if (fold_last) begin
        column <= column_next;
        if (column_next == COLUMN_BITS'(LEFT)) column_inside <= 1'b1;
        else if (column_next == COLUMN_BITS'(RIGHT) || column_last) column_inside <= 1'b0;
      end
      if (fold_last && column_last) begin
        row <= row_next;
        if (row_next == ROW_BITS'(TOP)) row_inside <= 1'b1;
        else if (row_next == ROW_BITS'(BOTTOM) || row_last) row_inside <= 1'b0;
      end
    end
  end

  codesign_delay #(
      .WIDTH (BITS),
      .CYCLES(DEPTH)
  ) line (
      .clk,
      .advance,
      .in (in_image ? in_data : {X_LANES{CODE}}),
      .out(out_data)
  );
endmodule
