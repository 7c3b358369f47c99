// A stream of the design as an AXI4-Stream: a beat in the lowest WIDTH bits of a word of BYTES whole bytes, zeros above it,
// and `tlast` with the last of the BEATS beats of a sample.
//
//   data --> tdata[WIDTH-1:0]      valid --> tvalid      tready --> ready      (nothing is given during reset)
//   count of beats --> tlast
//
module codesign_axis_out #(
    parameter int WIDTH = 8,
    parameter int BYTES = 1,
    parameter int BEATS = 1
) (
    input  logic               clk,
    input  logic               rst,
    input  logic [  WIDTH-1:0] data,
    input  logic               valid,
    output logic               ready,
    output logic [8*BYTES-1:0] tdata,
    output logic               tvalid,
    input  logic               tready,
    output logic               tlast
);
  logic unused_first;
  logic [(BEATS > 1 ? $clog2(BEATS) : 1)-1:0] unused_beat;

  assign tdata  = (8 * BYTES)'(data);
  assign tvalid = valid && !rst;
  assign ready  = tready && !rst;

  codesign_counter #(
      .TURNS(BEATS)
  ) beats (
      .clk,
      .rst,
      .step (tvalid && tready),
      .count(unused_beat),
      .first(unused_first),
      .last (tlast)
  );
endmodule
