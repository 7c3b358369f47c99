// The turns of a loop: `count` is 0 .. TURNS-1 and goes on by one at every `step`; behind the last turn the loop begins
// again. `first` and `last` tell the turns at its ends. A loop around another one steps with `step && last` of that.
module codesign_counter #(
    parameter int TURNS = 2,
    parameter int BITS = TURNS > 1 ? $clog2(TURNS) : 1
) (
    input  logic            clk,
    input  logic            rst,
    input  logic            step,
    output logic [BITS-1:0] count,
    output logic            first,
    output logic            last
);
  assign first = count == '0;
  assign last  = count == BITS'(TURNS - 1);

  always_ff @(posedge clk)
    if (rst) count <= '0;
    else if (step) count <= last ? '0 : count + 1'b1;
endmodule
