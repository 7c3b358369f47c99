// A delay line of CYCLES registers that move while `advance`.
//
//   in --> |r|r| ... |r| --> out
//
// CYCLES may be 0. WIDTH: bits.
module codesign_delay #(
    parameter int WIDTH  = 1,
    parameter int CYCLES = 1
) (
    input  logic             clk,
    input  logic             advance,
    input  logic [WIDTH-1:0] in,
    output logic [WIDTH-1:0] out
);
  generate
    if (CYCLES == 0) begin : g_none
      logic unused;
      assign unused = &{1'b0, clk, advance};
      assign out = in;
    end else begin : g_line
      genvar i;
      for (i = 0; i < CYCLES; i++) begin : g_stage
        logic [WIDTH-1:0] now;
        if (i == 0) begin : g_first
          always_ff @(posedge clk) if (advance) now <= in;
        end else begin : g_next
          always_ff @(posedge clk) if (advance) now <= g_stage[i-1].now;
        end
      end
      assign out = g_stage[CYCLES-1].now;
    end
  endgenerate
endmodule
