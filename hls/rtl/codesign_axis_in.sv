// An AXI4-Stream into a stream of the design: a word of BYTES whole bytes carries a beat in its lowest WIDTH bits, the bits
// above it are ignored.
//
//   tdata[WIDTH-1:0] --> data      tvalid --> valid      ready --> tready      (nothing is taken during reset)
//   tlast --> compared with the count of beats --> |misframed|
//
// A sample is BEATS beats, whatever `tlast` says. `misframed` is high from the first beat on whose `tlast` was not what the
// count says, high at the last beat of a sample and low at all others, until the next reset: beats were lost, or added.
// A source without `tlast` has it tied off, and `misframed` left open.
module codesign_axis_in #(
    parameter int WIDTH = 8,
    parameter int BYTES = 1,
    parameter int BEATS = 1
) (
    input  logic               clk,
    input  logic               rst,
    input  logic [8*BYTES-1:0] tdata,
    input  logic               tvalid,
    output logic               tready,
    input  logic               tlast,
    output logic               misframed,
    output logic [  WIDTH-1:0] data,
    output logic               valid,
    input  logic               ready
);
  logic taken, last, unused_first, unused;
  logic [(BEATS > 1 ? $clog2(BEATS) : 1)-1:0] unused_beat;

  assign unused = &{1'b0, tdata};  // the padding
  assign data = tdata[WIDTH-1:0];
  assign valid = tvalid && !rst;
  assign tready = ready && !rst;
  assign taken = valid && ready;

  codesign_counter #(
      .TURNS(BEATS)
  ) beats (
      .clk,
      .rst,
      .step (taken),
      .count(unused_beat),
      .first(unused_first),
      .last
  );

  always_ff @(posedge clk)
    if (rst) misframed <= 1'b0;
    else if (taken && tlast != last) misframed <= 1'b1;
endmodule
