// Element k of the result is element source[k] of the sample, one element per beat, through a memory of two samples: one
// loop fills a half with a sample while another drains the other half.
//
//   in_data --> [ 2 x SIZE elements ] --> |y| --> codesign_delay (DEPTH - 1) --> out_data
//                       ^ source[k], in the half that is drained
//               [ source: SIZE words ]     read a beat ahead, so that the word of beat k waits there for it
//
// The element is read in the very cycle in which its beat is issued. So a half is free as soon as its last beat is issued,
// even where that beat then waits for room.
//
// SIZE: elements of a sample. X_WIDTH: bits of an element. SOURCE_*: the memory of the order. DEPTH: registers from the
// issue of a beat to out_data. go: {drain, fill}.
module codesign_permute #(
    parameter int SIZE = 4,
    parameter int X_WIDTH = 8,
    parameter SOURCE_FILE = "",
    parameter int SOURCE_WORDS = 4,
    parameter int SOURCE_BITS = 2,
    parameter SOURCE_STYLE = "lutram",
    parameter int DEPTH = 1
) (
    input  logic               clk,
    input  logic               rst,
    input  logic [X_WIDTH-1:0] in_data,
    input  logic               in_valid,
    output logic               in_ready,
    output logic [X_WIDTH-1:0] out_data,
    output logic               out_valid,
    input  logic               out_ready,
    output logic [        1:0] go,
    output logic               starved,
    output logic               blocked
);
  localparam int BITS = SIZE > 1 ? $clog2(SIZE) : 1;
  localparam int PLACE = $clog2(2 * SIZE);

  logic may_fill, may_drain, fill_half, drain_half, last_in, last_out, advance;
  logic unused_first, unused_start, unused_ready, unused_wait;
  logic [BITS-1:0] in_at, out_at;
  logic [SOURCE_BITS-1:0] source;
  logic [PLACE-1:0] write_at, read_at;
  logic [X_WIDTH-1:0] elements[2*SIZE];
  logic [X_WIDTH-1:0] y;

  codesign_halves halves (
      .clk,
      .rst,
      .filled (go[0] && last_in),
      .drained(go[1] && last_out),
      .may_fill,
      .may_drain,
      .fill_half,
      .drain_half
  );

  // fill
  codesign_counter #(
      .TURNS(SIZE)
  ) fill (
      .clk,
      .rst,
      .step (go[0]),
      .count(in_at),
      .first(unused_first),
      .last (last_in)
  );
  assign starved = !in_valid;
  assign go[0] = in_valid && may_fill;
  assign in_ready = go[0];
  assign write_at = PLACE'(in_at) + (fill_half ? PLACE'(SIZE) : '0);
  always_ff @(posedge clk) if (go[0]) elements[write_at] <= in_data;

  // drain
  codesign_counter #(
      .TURNS(SIZE)
  ) drain (
      .clk,
      .rst,
      .step (go[1]),
      .count(out_at),
      .first(unused_start),
      .last (last_out)
  );
  codesign_pipeline #(
      .DEPTH (DEPTH),
      .READS (1),
      .WRITES(1)
  ) control (
      .clk,
      .rst,
      .need(1'b1),
      .give(1'b1),
      .in_valid(may_drain),
      .in_ready(unused_ready),
      .out_valid,
      .out_ready,
      .go(go[1]),
      .advance,
      .starved(unused_wait),
      .blocked
  );
  codesign_rom #(
      .FILE (SOURCE_FILE),
      .WORDS(SOURCE_WORDS),
      .BITS (SOURCE_BITS),
      .STYLE(SOURCE_STYLE)
  ) order (
      .clk,
      .advance(rst || go[1]),
      .address(rst || last_out ? '0 : out_at + 1'b1),
      .word(source)
  );
  assign read_at = PLACE'(source) + (drain_half ? PLACE'(SIZE) : '0);
  always_ff @(posedge clk) if (advance) y <= elements[read_at];

  codesign_delay #(
      .WIDTH (X_WIDTH),
      .CYCLES(DEPTH - 1)
  ) behind (
      .clk,
      .advance,
      .in (y),
      .out(out_data)
  );
endmodule
