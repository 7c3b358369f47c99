// Every pixel ACROSS times beside itself, and every row so made DOWN times, from a buffer of one row.
//
//   in --+--> |1| ------------------+--> the pixel when it is read, then what is kept --> | 2 .. DEPTH | --> out
//        '--> [ row ] ----> |1| ----'
//
// WIDTH: pixels in a row of the image. FOLDS: beats per pixel. X_*: the beat. DEPTH: registers of the pipeline, at least 2.
module codesign_repeat #(
    parameter int WIDTH = 1,
    parameter int FOLDS = 1,
    parameter int DOWN = 1,
    parameter int ACROSS = 1,
    parameter int X_WIDTH = 8,
    parameter int X_LANES = 1,
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
  localparam int WORDS = WIDTH * FOLDS;
  localparam int PLACE_BITS = WORDS > 1 ? $clog2(WORDS) : 1;
  localparam int FOLD_BITS = $clog2(FOLDS + 1);
  localparam int COPY_BITS = $clog2(ACROSS + 1);
  localparam int AGAIN_BITS = $clog2(DOWN + 1);

  logic advance, reads, fold_last, copy_last, row_last;
  logic [FOLD_BITS-1:0] fold;
  logic [COPY_BITS-1:0] copy;
  logic [AGAIN_BITS-1:0] again;
  logic [PLACE_BITS-1:0] place;

  assign fold_last = fold == FOLD_BITS'(FOLDS - 1);
  assign copy_last = fold_last && copy == COPY_BITS'(ACROSS - 1);
  assign row_last = copy_last && place == PLACE_BITS'(WORDS - 1);
  assign reads = copy == '0 && again == '0;

  codesign_pipeline #(
      .DEPTH (DEPTH),
      .READS (1),
      .WRITES(1)
  ) control (
      .clk,
      .rst,
      .need(reads),
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

  always_ff @(posedge clk) begin
    if (rst) begin
      fold  <= '0;
      copy  <= '0;
      again <= '0;
      place <= '0;
    end else if (go) begin
      fold  <= fold_last ? '0 : fold + 1'b1;
      place <= row_last ? '0 : fold_last && !copy_last ? place - PLACE_BITS'(FOLDS - 1) : place + 1'b1;
      if (fold_last) copy <= copy_last ? '0 : copy + 1'b1;
      if (row_last) again <= again == AGAIN_BITS'(DOWN - 1) ? '0 : again + 1'b1;
    end
  end

  logic [BITS-1:0] pixel, kept;
  logic fresh;

  always_ff @(posedge clk) begin
    if (go) fresh <= reads;
    if (go && reads) pixel <= in_data;
  end

  codesign_ram #(
      .WORDS(WORDS),
      .BITS (BITS)
  ) row (
      .clk,
      .write(go && reads),
      .write_at(place),
      .in(in_data),
      .read(go && !reads),
      .read_at(place),
      .word(kept)
  );

  codesign_delay #(
      .WIDTH (BITS),
      .CYCLES(DEPTH - 1)
  ) line (
      .clk,
      .advance,
      .in (fresh ? pixel : kept),
      .out(out_data)
  );
endmodule
