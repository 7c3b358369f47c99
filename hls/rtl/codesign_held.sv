// A vector of FOLDS beats that is read once and used at all POSITIONS of a sample: y is the stream's own beat at the first
// position (`fresh`), and the one kept from there at the others. With one position nothing is kept.
//
//   in_data --+-------------- fresh --+
//             |                       +--> y         counters: fold within position
//             +--> [ FOLDS beats ] ---+
//
// `step`: an iteration is issued. WIDTH: bits of a beat.
module codesign_held #(
    parameter int POSITIONS = 2,
    parameter int FOLDS = 2,
    parameter int WIDTH = 8
) (
    input  logic             clk,
    input  logic             rst,
    input  logic             step,
    input  logic [WIDTH-1:0] in_data,
    output logic             fresh,
    output logic [WIDTH-1:0] y
);
  generate
    if (POSITIONS == 1) begin : g_none
      logic unused;
      assign unused = &{1'b0, clk, rst, step};
      assign fresh = 1'b1;
      assign y = in_data;
    end else begin : g_kept
      localparam int BITS = FOLDS > 1 ? $clog2(FOLDS) : 1;

      logic [BITS-1:0] fold;
      logic next, first, unused_first, unused_last;
      logic [$clog2(POSITIONS)-1:0] unused_position;
      (* ram_style = "distributed" *) logic [WIDTH-1:0] kept[FOLDS];

      codesign_counter #(
          .TURNS(FOLDS)
      ) folds (
          .clk,
          .rst,
          .step,
          .count(fold),
          .first(unused_first),
          .last (next)
      );
      codesign_counter #(
          .TURNS(POSITIONS)
      ) positions (
          .clk,
          .rst,
          .step (step && next),
          .count(unused_position),
          .first,
          .last (unused_last)
      );

      always_ff @(posedge clk) if (step && first) kept[fold] <= in_data;
      assign fresh = first;
      assign y = first ? in_data : kept[fold];
    end
  endgenerate
endmodule
