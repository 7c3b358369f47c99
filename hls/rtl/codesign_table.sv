// Requantization by a table: y = entries[c][x - first].
//
//   in_data -> - FIRST, + where the fold's table begins -> |r| -> [ROM|r] -> |r| -> out_data      for each lane
//
// DEPTH registers: the ROM's own, from 2 on one for its address, from 3 on one behind it, and what is left before it.
//
// FOLDS: beats of a position. CODES: entries per table. X_*, Y_*: beats. ENTRY_*: an entry. ENTRY_FOLDS, ENTRY_LANES: 1
// and 1 where one table serves all channels; otherwise lane l has a memory of its own, with the tables of all its folds
// one after the other. FIRST: the code of x that the first entry belongs to. ENTRIES_FILE: what the names of the
// memories' files begin with, to which _ and the lane in five digits are added. ENTRIES_STYLE: as in codesign_rom.
module codesign_table #(
    parameter int FOLDS = 1,
    parameter int CODES = 256,
    parameter int X_WIDTH = 8,
    parameter bit X_SIGNED = 1,
    parameter int X_LANES = 1,
    parameter int Y_WIDTH = 8,
    parameter int ENTRY_WIDTH = 8,
    parameter bit ENTRY_SIGNED = 1,
    parameter int ENTRY_FOLDS = 1,
    parameter int ENTRY_LANES = 1,
    parameter longint FIRST = 0,
    parameter ENTRIES_FILE = "",
    parameter ENTRIES_STYLE = "lutram",
    parameter int DEPTH = 2
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
  localparam int WORDS = ENTRY_FOLDS * CODES;
  localparam int A = WORDS > 1 ? $clog2(WORDS) : 1;
  localparam int BEHIND = DEPTH > 2 ? 1 : 0;
  localparam int BEFORE = DEPTH - 1 - BEHIND;

  logic advance;
  logic [A-1:0] start;

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

  // Where the tables of the fold at hand begin.
  generate
    if (ENTRY_FOLDS > 1) begin : g_folds
      always_ff @(posedge clk)
        if (rst) start <= '0;
        else if (go) start <= start == A'((FOLDS - 1) * CODES) ? '0 : start + A'(CODES);
    end else begin : g_one
      assign start = '0;
    end

    genvar l;
    for (l = 0; l < X_LANES; l++) begin : g_lane
      localparam int BANK = ENTRY_LANES > 1 ? l : 0;
      logic [A-1:0] x, address, address_r;
      logic [ENTRY_WIDTH-1:0] entry;
      logic [Y_WIDTH-1:0] y;

      codesign_recode #(
          .X_WIDTH (X_WIDTH),
          .X_SIGNED(X_SIGNED),
          .Y_WIDTH (A)
      ) place (
          .x(in_data[l*X_WIDTH+:X_WIDTH]),
          .y(x)
      );

      assign address = x - A'(FIRST) + start;

      codesign_delay #(
          .WIDTH (A),
          .CYCLES(BEFORE)
      ) ahead (
          .clk,
          .advance,
          .in (address),
          .out(address_r)
      );

      codesign_rom #(
          .FILE({
            ENTRIES_FILE,
            "_",
            8'(48 + BANK / 10000),
            8'(48 + BANK / 1000 % 10),
            8'(48 + BANK / 100 % 10),
            8'(48 + BANK / 10 % 10),
            8'(48 + BANK % 10),
            ".hex"
          }),
          .WORDS(WORDS),
          .BITS(ENTRY_WIDTH),
          .STYLE(ENTRIES_STYLE)
      ) entries (
          .clk,
          .advance,
          .address(address_r),
          .word(entry)
      );

      codesign_recode #(
          .X_WIDTH (ENTRY_WIDTH),
          .X_SIGNED(ENTRY_SIGNED),
          .Y_WIDTH (Y_WIDTH)
      ) result (
          .x(entry),
          .y(y)
      );

      codesign_delay #(
          .WIDTH (Y_WIDTH),
          .CYCLES(BEHIND)
      ) behind (
          .clk,
          .advance,
          .in (y),
          .out(out_data[l*Y_WIDTH+:Y_WIDTH])
      );
    end
  endgenerate
endmodule
