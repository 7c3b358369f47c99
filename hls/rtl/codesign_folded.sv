// The datapath of a folded product: PE sums of SIMD products per cycle, accumulated over the turns of a fold.
//
//   in_data --+--------> |x| --+
//             '-> [ vector ] --+--> |x| --+
//                       ^ place           +--> PE dot products --> PE accumulators --> out_data
//   word --> [ weights ] ----> |w| --> |w| --+                          ^
//   fold --> | 1 .. DEPTH-2 | --> [ bias ] -----------------------------'
//            R1                R2 (slices)   R3 ..                     R DEPTH
//
// An iteration takes x from the stream (`reads`) or, where all later turns see the same vector again, from the buffer that
// keeps it, and a word of weights; `first` begins a sum. Its registers load only when they are given something (`load`):
// what stands still in a bubble takes no power, nor simulation time. Packed and dsp products have a register more before
// them, which the slices take in.
//
// PLACES: beats of a vector. KEPT: whether the vector is seen again. TURNS: whether a sum has several terms. FOLDS: words
// of the bias. X_*, Y_*, WEIGHT_*, BIAS_*: codes, lanes and memories. DEPTH: registers; at least 2, or 5 with slices.
module codesign_folded #(
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
    parameter int PLACES = 1,
    parameter bit KEPT = 0,
    parameter bit TURNS = 1,
    parameter int FOLDS = 1,
    parameter MULTIPLIER = "lut",
    parameter int SHIFT = 0,
    parameter WEIGHTS_FILE = "",
    parameter int WEIGHTS_WORDS = 1,
    parameter WEIGHTS_STYLE = "registers",
    parameter BIAS_FILE = "",
    parameter BIAS_STYLE = "registers",
    parameter int DEPTH = 2,
    parameter int WORD_BITS = WEIGHTS_WORDS > 1 ? $clog2(WEIGHTS_WORDS) : 1,
    parameter int PLACE_BITS = PLACES > 1 ? $clog2(PLACES) : 1,
    parameter int FOLD_BITS = FOLDS > 1 ? $clog2(FOLDS) : 1
) (
    input  logic                       clk,
    input  logic                       rst,
    input  logic                       go,
    input  logic                       advance,
    input  logic                       reads,
    input  logic                       first,
    input  logic [      WORD_BITS-1:0] word,
    input  logic [     PLACE_BITS-1:0] place,
    input  logic [      FOLD_BITS-1:0] fold,
    input  logic [X_LANES*X_WIDTH-1:0] in_data,
    output logic [Y_LANES*Y_WIDTH-1:0] out_data
);
  localparam int X_BITS = X_LANES * X_WIDTH;
  localparam int ROW_BITS = X_LANES * WEIGHT_WIDTH;
  localparam int W_BITS = Y_LANES * ROW_BITS;
  localparam bit SLICES = MULTIPLIER != "lut";
  localparam int BEFORE = SLICES ? 2 : 1;
  localparam int REGS = DEPTH - 1 - BEFORE;
  localparam int LOADS = REGS > 0 ? REGS : 1;

  logic [DEPTH-1:0] load;
  logic [X_BITS-1:0] x, x_in;
  logic [W_BITS-1:0] w, w_in;
  logic [Y_LANES*Y_WIDTH-1:0] sums;
  logic [FOLD_BITS-1:0] fold_late;
  logic first_late;

  codesign_stages #(
      .DEPTH(DEPTH)
  ) stages (
      .clk,
      .rst,
      .go,
      .advance,
      .load
  );

  codesign_rom #(
      .FILE (WEIGHTS_FILE),
      .WORDS(WEIGHTS_WORDS),
      .BITS (W_BITS),
      .STYLE(WEIGHTS_STYLE)
  ) weights (
      .clk,
      .advance(go),
      .address(word),
      .word(w)
  );

  genvar p;
  generate
    if (!KEPT || PLACES == 1) begin : g_register
      logic unused;
      assign unused = &{1'b0, place, reads};
      always_ff @(posedge clk) if (go && (reads || !KEPT)) x <= in_data;
    end else begin : g_vector
      logic [X_BITS-1:0] fresh, kept;
      logic was_read;

      codesign_ram #(
          .WORDS(PLACES),
          .BITS (X_BITS)
      ) vector (
          .clk,
          .write(go && reads),
          .write_at(place),
          .in(in_data),
          .read(go && !reads),
          .read_at(place),
          .word(kept)
      );
      always_ff @(posedge clk) begin
        if (go) was_read <= reads;
        if (go && reads) fresh <= in_data;
      end
      assign x = was_read ? fresh : kept;
    end

    if (SLICES) begin : g_operands
      always_ff @(posedge clk) if (load[1]) x_in <= x;
      if (WEIGHTS_WORDS == 1) begin : g_constant
        assign w_in = w;
      end else begin : g_taken
        always_ff @(posedge clk) if (load[1]) w_in <= w;
      end
    end else begin : g_no_operands
      assign x_in = x;
      assign w_in = w;
    end

    // Two outputs share the multipliers of a packed product; an odd one has its own.
    for (p = 0; p < Y_LANES; p++) begin : g_output
      localparam bit PAIR = SHIFT > 0 && p + 1 < Y_LANES;
      if (SHIFT == 0 || p % 2 == 0) begin : g_dot
        logic [LOADS-1:0] dot_load;
        logic [ROW_BITS-1:0] v;
        logic signed [Y_WIDTH-1:0] z;

        if (REGS > 0) begin : g_load
          assign dot_load = load[DEPTH-2:BEFORE];
        end else begin : g_no_load
          assign dot_load = 1'b0;
        end
        if (PAIR) begin : g_both
          assign v = w_in[(p+1)*ROW_BITS+:ROW_BITS];
          assign sums[(p+1)*Y_WIDTH+:Y_WIDTH] = z;
        end else begin : g_one
          logic unused;
          assign v = '0;
          assign unused = &{1'b0, z};
        end
        codesign_dot #(
            .TERMS     (X_LANES),
            .X_WIDTH   (X_WIDTH),
            .X_SIGNED  (X_SIGNED),
            .W_WIDTH   (WEIGHT_WIDTH),
            .W_SIGNED  (WEIGHT_SIGNED),
            .MULTIPLIER(MULTIPLIER),
            .SHIFT     (PAIR ? SHIFT : 0),
            .Y_WIDTH   (Y_WIDTH),
            .REGS      (REGS)
        ) dot (
            .clk,
            .load(dot_load),
            .x(x_in),
            .w(w_in[p*ROW_BITS+:ROW_BITS]),
            .v,
            .y(sums[p*Y_WIDTH+:Y_WIDTH]),
            .z
        );
      end
    end
  endgenerate

  codesign_delay #(
      .WIDTH (FOLD_BITS),
      .CYCLES(DEPTH - 2)
  ) fold_line (
      .clk,
      .advance,
      .in (fold),
      .out(fold_late)
  );
  codesign_delay #(
      .WIDTH (1),
      .CYCLES(DEPTH - 1)
  ) first_line (
      .clk,
      .advance,
      .in (first),
      .out(first_late)
  );
  codesign_accumulate #(
      .LANES       (Y_LANES),
      .Y_WIDTH     (Y_WIDTH),
      .ALWAYS_FIRST(!TURNS),
      .FOLDS       (FOLDS),
      .BIASED      (BIASED),
      .BIAS_WIDTH  (BIAS_WIDTH),
      .BIAS_SIGNED (BIAS_SIGNED),
      .BIAS_FILE   (BIAS_FILE),
      .BIAS_STYLE  (BIAS_STYLE)
  ) sum (
      .clk,
      .read (load[DEPTH-2]),
      .fold (fold_late),
      .load (load[DEPTH-1]),
      .first(first_late),
      .x    (sums),
      .y    (out_data)
  );
endmodule
