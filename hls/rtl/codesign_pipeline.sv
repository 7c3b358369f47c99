// The control of a loop: when an iteration is issued, and when the registers of its pipeline move.
//
//   need, in_valid --> go --> |v[0]|v[1]| ... |v[DEPTH-1]| --> out_valid
//                             '---- all move while `advance` ----'
//
// An iteration is issued (`go`) when every stream that it takes from has a beat and the pipeline moves; without one a
// bubble enters. Its beats are written DEPTH cycles of `advance` later, all in the same cycle. The pipeline stands still
// only while a beat at its end has no room.
//
// The loop's counters move with `go`; the data's registers, DEPTH from in_data to out_data, with `advance`.
// DEPTH >= 1: registers. READS, WRITES: streams on either side (at least one of each; tie off `need` or `give` else).
module codesign_pipeline #(
    parameter int DEPTH  = 1,
    parameter int READS  = 1,
    parameter int WRITES = 1
) (
    input  logic              clk,
    input  logic              rst,
    input  logic [ READS-1:0] need,       // the iteration at hand takes a beat of these streams
    input  logic [WRITES-1:0] give,       // and gives one to these
    input  logic [ READS-1:0] in_valid,
    output logic [ READS-1:0] in_ready,
    output logic [WRITES-1:0] out_valid,
    input  logic [WRITES-1:0] out_ready,
    output logic              go,
    output logic              advance,
    output logic [ READS-1:0] starved,    // waits for a beat of these streams
    output logic [WRITES-1:0] blocked     // waits for room in these
);
  logic [DEPTH*WRITES-1:0] held;
  logic [WRITES-1:0] last;

  assign last = held[DEPTH*WRITES-1-:WRITES];
  assign starved = need & ~in_valid;
  assign blocked = last & ~out_ready;
  assign advance = blocked == '0;
  assign go = advance && starved == '0;
  assign in_ready = go ? need : '0;
  assign out_valid = advance ? last : '0;

  generate
    if (DEPTH == 1) begin : g_one
      always_ff @(posedge clk) begin
        if (rst) held <= '0;
        else if (advance) held <= go ? give : '0;
      end
    end else begin : g_many
      always_ff @(posedge clk) begin
        if (rst) held <= '0;
        else if (advance) held <= {held[(DEPTH-1)*WRITES-1:0], go ? give : {WRITES{1'b0}}};
      end
    end
  endgenerate
endmodule
