// Which registers of a pipeline take something, and not a bubble, when it moves.
//
//   go --> |busy| --> |busy| ... |busy|      load[0] = go, load[k] = busy[k-1] while `advance`
//
// load[k]: register k + 1 takes what an iteration gives it. DEPTH: registers, at least 2.
module codesign_stages #(
    parameter int DEPTH = 2
) (
    input  logic             clk,
    input  logic             rst,
    input  logic             go,
    input  logic             advance,
    output logic [DEPTH-1:0] load
);
  logic [DEPTH-2:0] busy;

  always_ff @(posedge clk)
    if (rst) busy <= '0;
    else if (advance) busy <= load[DEPTH-2:0];
  assign load = {advance ? busy : '0, go};
endmodule
