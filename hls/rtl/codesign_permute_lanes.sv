// Element k of the result is element source[k] of the sample, X_LANES elements per beat, through registers for two samples:
// one loop fills a half with a sample while another drains the other half.
//
//   in_data --> [ 2 x BEATS words ] --> for each lane a choice among 2 x BEATS elements --> |y|
//                                          ^ by half and beat             |
//                                                          codesign_delay (DEPTH - 1) --> out_data
//
// The order is a constant, so a lane has one element of each half for each beat, and no more to choose from. A half is
// free as soon as its last beat is issued: the choice is made in that very cycle.
//
// BEATS: of a sample. X_*: the beat. SOURCE: the order, numbers of INDEX_WIDTH bits, the first in the lowest. DEPTH:
// registers from the issue of a beat to out_data. go: {drain, fill}.
module codesign_permute_lanes #(
    parameter int BEATS = 2,
    parameter int X_WIDTH = 8,
    parameter int X_LANES = 2,
    parameter int INDEX_WIDTH = 2,
    parameter logic [BEATS*X_LANES*INDEX_WIDTH-1:0] SOURCE = 8'b00_01_10_11,
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
    output logic [                1:0] go,
    output logic                       starved,
    output logic                       blocked
);
  localparam int WORD = X_LANES * X_WIDTH;
  localparam int BITS = BEATS > 1 ? $clog2(BEATS) : 1;
  localparam int WORDS = $clog2(2 * BEATS);

  logic may_fill, may_drain, fill_half, drain_half, last_in, last_out, advance;
  logic unused_first, unused_start, unused_ready, unused_wait;
  logic [BITS-1:0] in_at, out_at;
  logic [WORDS-1:0] write_at, read_at;
  logic [2*BEATS*WORD-1:0] samples;
  logic [WORD-1:0] y;

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
      .TURNS(BEATS)
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
  assign write_at = WORDS'(in_at) + (fill_half ? WORDS'(BEATS) : '0);
  for (genvar b = 0; b < 2 * BEATS; b++) begin : g_word
    logic [WORD-1:0] word;
    always_ff @(posedge clk) if (go[0] && write_at == WORDS'(b)) word <= in_data;
    assign samples[b*WORD+:WORD] = word;
  end

  // drain
  codesign_counter #(
      .TURNS(BEATS)
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
  assign read_at = WORDS'(out_at) + (drain_half ? WORDS'(BEATS) : '0);
  for (genvar l = 0; l < X_LANES; l++) begin : g_lane
    logic [2*BEATS*X_WIDTH-1:0] choices;
    logic [X_WIDTH-1:0] element;
    for (genvar b = 0; b < BEATS; b++) begin : g_beat
      localparam int FROM = int'(SOURCE[(b*X_LANES+l)*INDEX_WIDTH+:INDEX_WIDTH]);
      assign choices[b*X_WIDTH+:X_WIDTH] = samples[FROM*X_WIDTH+:X_WIDTH];
      assign choices[(BEATS+b)*X_WIDTH+:X_WIDTH] = samples[BEATS*WORD+FROM*X_WIDTH+:X_WIDTH];
    end
    always_ff @(posedge clk) if (advance) element <= choices[read_at*X_WIDTH+:X_WIDTH];
    assign y[l*X_WIDTH+:X_WIDTH] = element;
  end

  codesign_delay #(
      .WIDTH (WORD),
      .CYCLES(DEPTH - 1)
  ) behind (
      .clk,
      .advance,
      .in (y),
      .out(out_data)
  );
endmodule
