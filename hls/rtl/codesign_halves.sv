// Who may work on which half of a buffer of two samples: one loop fills a half while another drains the other.
//
//   filled ---> +1 [ full: 0, 1 or 2 samples ] -1 <--- drained        (high with the last iteration of a sample)
//   may_fill = full < 2                       may_drain = full > 0    (so from the cycle after it)
//
// `fill_half` and `drain_half` tell which half each loop works on.
module codesign_halves (
    input  logic clk,
    input  logic rst,
    input  logic filled,
    input  logic drained,
    output logic may_fill,
    output logic may_drain,
    output logic fill_half,
    output logic drain_half
);
  logic [1:0] full;

  always_ff @(posedge clk)
    if (rst) begin
      full <= '0;
      fill_half <= 1'b0;
      drain_half <= 1'b0;
    end else begin
      if (filled && !drained) full <= full + 1'b1;
      if (drained && !filled) full <= full - 1'b1;
      if (filled) fill_half <= !fill_half;
      if (drained) drain_half <= !drain_half;
    end
  assign may_fill  = full != 2'd2;
  assign may_drain = full != 2'd0;
endmodule
