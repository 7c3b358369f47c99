// A FIFO whose words can be read from the cycle after they are written.
//
//              +--------------------------+
//   in_data -->| DEPTH words in a circle  |--> out_data   (the oldest word, while out_valid)
//              +--------------------------+
//
// in_ready says that fewer than DEPTH words are held, by a count in a register: a word that is taken in this cycle still
// holds its place. So neither in_ready nor out_valid depends on the other side within a cycle, and chains of FIFOs and
// processes have no combinational paths from end to end.
//
// WIDTH: bits per word. DEPTH: words. STYLE: "distributed" (LUT RAM, read as it stands) or "block" (block RAM, whose
// read takes a cycle: the word that will be the oldest is read ahead, and one that is written in that very cycle goes
// past the memory through a register).
module codesign_fifo #(
    parameter int WIDTH = 8,
    parameter int DEPTH = 2,
    parameter STYLE = "distributed"
) (
    input  logic             clk,
    input  logic             rst,
    input  logic [WIDTH-1:0] in_data,
    input  logic             in_valid,
    output logic             in_ready,
    output logic [WIDTH-1:0] out_data,
    output logic             out_valid,
    input  logic             out_ready
);
  localparam int ADDRESS = DEPTH > 1 ? $clog2(DEPTH) : 1;
  localparam int COUNT = $clog2(DEPTH + 1);
  localparam logic [ADDRESS-1:0] LAST = ADDRESS'(DEPTH - 1);

  logic [COUNT-1:0] count;
  logic [ADDRESS-1:0] write_at, read_at;
  logic put, take;

  assign in_ready = count != COUNT'(DEPTH);
  assign out_valid = count != '0;
  assign put = in_valid && in_ready;
  assign take = out_valid && out_ready;

  always_ff @(posedge clk) begin
    if (rst) begin
      count <= '0;
      write_at <= '0;
      read_at <= '0;
    end else begin
      if (put && !take) count <= count + 1'b1;
      if (take && !put) count <= count - 1'b1;
      if (put) write_at <= write_at == LAST ? '0 : write_at + 1'b1;
      if (take) read_at <= read_at == LAST ? '0 : read_at + 1'b1;
    end
  end

  generate
    if (STYLE == "block") begin : g_block
      (* ram_style = "block" *) logic [WIDTH-1:0] words[DEPTH];
      logic [WIDTH-1:0] read, passed;
      logic pass;
      logic [ADDRESS-1:0] read_next;

      assign read_next = !take ? read_at : read_at == LAST ? '0 : read_at + 1'b1;
      always_ff @(posedge clk) begin
        if (put) words[write_at] <= in_data;
        read   <= words[read_next];
        passed <= in_data;
        pass   <= put && write_at == read_next;
      end
      assign out_data = pass ? passed : read;
    end else begin : g_distributed
      (* ram_style = "distributed" *) logic [WIDTH-1:0] words[DEPTH];

      always_ff @(posedge clk) if (put) words[write_at] <= in_data;
      assign out_data = words[read_at];
    end
  endgenerate
endmodule
