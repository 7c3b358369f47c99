// The largest or the sum of each channel over a number of pixels.
//
//             a tree for each channel
//   in --> BESIDE pixels --> | 1 .. DEPTH-1 | --> with what is kept --> |DEPTH| --+--> out, behind the last of the taps
//                                                      ^                          |
//                                                      '---- FOLDS channels ago --'
//
// A position is TAPS beats for each of FOLDS parts of a pixel, which take turns. The sum so far of the part at hand, or the
// largest, was in the last register FOLDS iterations ago; with several FOLDS a RAM keeps it.
//
// X_*: a beat of BESIDE pixels; Y_*: of results, which hold every partial sum. LARGEST: else the sum. DEPTH: registers of
// the pipeline, at least 2.
module codesign_pool #(
    parameter int TAPS = 1,
    parameter int FOLDS = 1,
    parameter int BESIDE = 1,
    parameter bit LARGEST = 1,
    parameter int X_WIDTH = 8,
    parameter bit X_SIGNED = 1,
    parameter int X_LANES = 1,
    parameter int Y_WIDTH = 8,
    parameter bit Y_SIGNED = 1,
    parameter int Y_LANES = 1,
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
  localparam int FOLD_BITS = FOLDS > 1 ? $clog2(FOLDS) : 1;
  localparam int TAP_BITS = $clog2(TAPS + 1);
  localparam int SUM_WIDTH = LARGEST ? X_WIDTH : X_WIDTH + $clog2(BESIDE);
  localparam int TREE_WIDTH = SUM_WIDTH < Y_WIDTH ? SUM_WIDTH : Y_WIDTH;

  logic advance, first, last, fold_last;
  logic [FOLD_BITS-1:0] fold;
  logic [TAP_BITS-1:0] tap;

  assign first = tap == '0;
  assign last = tap == TAP_BITS'(TAPS - 1);
  assign fold_last = fold == FOLD_BITS'(FOLDS - 1);

  codesign_pipeline #(
      .DEPTH (DEPTH),
      .READS (1),
      .WRITES(1)
  ) control (
      .clk,
      .rst,
      .need(1'b1),
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

  always_ff @(posedge clk) begin
    if (rst) begin
      fold <= '0;
      tap  <= '0;
    end else if (go) begin
      fold <= fold_last ? '0 : fold + 1'b1;
      if (fold_last) tap <= last ? '0 : tap + 1'b1;
    end
  end

  // The iteration that reaches the last register next, and behind it the one that is about to.
  logic now, first_now, soon, first_soon;
  logic [FOLD_BITS-1:0] fold_now, fold_soon;

  codesign_delay #(
      .WIDTH (FOLD_BITS + 2),
      .CYCLES(DEPTH - 2)
  ) way (
      .clk,
      .advance,
      .in ({go, first, fold}),
      .out({soon, first_soon, fold_soon})
  );

  always_ff @(posedge clk) if (advance) {now, first_now, fold_now} <= {soon, first_soon, fold_soon};

  logic [Y_LANES*Y_WIDTH-1:0] sum_before, next;

  generate
    if (FOLDS == 1) begin : g_one
      logic unused;
      assign unused = &{1'b0, fold_now};
      assign sum_before = out_data;
    end else begin : g_folds
      codesign_ram #(
          .WORDS(FOLDS),
          .BITS (Y_LANES * Y_WIDTH)
      ) kept (
          .clk,
          .write(advance && now),
          .write_at(fold_now),
          .in(next),
          .read(advance && soon),
          .read_at(fold_soon),
          .word(sum_before)
      );
    end
  endgenerate

  always_ff @(posedge clk) if (advance && now) out_data <= next;

  genvar l, s;
  generate
    for (l = 0; l < Y_LANES; l++) begin : g_lane
      logic [BESIDE*TREE_WIDTH-1:0] seen;
      logic [TREE_WIDTH-1:0] found;
      logic [Y_WIDTH-1:0] code, merged;

      for (s = 0; s < BESIDE; s++) begin : g_pixel
        logic [X_WIDTH-1:0] x;
        assign x = in_data[(s*Y_LANES+l)*X_WIDTH+:X_WIDTH];
        assign seen[s*TREE_WIDTH+:TREE_WIDTH] = X_SIGNED ? TREE_WIDTH'($signed(x)) : TREE_WIDTH'(x);
      end
      codesign_reduce #(
          .TERMS   (BESIDE),
          .X_WIDTH (TREE_WIDTH),
          .X_SIGNED(X_SIGNED),
          .LARGEST (LARGEST),
          .REGS    (DEPTH - 1)
      ) tree (
          .clk,
          .advance,
          .x(seen),
          .y(found)
      );
      assign code = X_SIGNED ? Y_WIDTH'($signed(found)) : Y_WIDTH'(found);
      codesign_merge #(
          .WIDTH  (Y_WIDTH),
          .SIGNED (Y_SIGNED),
          .LARGEST(LARGEST)
      ) merge (
          .a(sum_before[l*Y_WIDTH+:Y_WIDTH]),
          .b(code),
          .y(merged)
      );
      assign next[l*Y_WIDTH+:Y_WIDTH] = first_now ? code : merged;
    end
  endgenerate
endmodule
