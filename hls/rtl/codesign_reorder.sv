// The beats of a sample in the order of nested loops, through a ring of the last RING beats. One loop of STEPS iterations:
// the first BEATS of them take a beat each, those from DELAY on give one each.
//
//   in_data --> [ ring: RING beats ] --> |read| --> codesign_delay (DEPTH - 1) --> out_data
//                ^ to: 0 1 2 ... around   ^ from: the place of the beat that is next in the new order
//
// Within an iteration a place is read before it is written. When a loop of the order goes on, `from` goes on by that
// loop's move (modulo RING), and the loops inside it begin again:
//
//   turn[0] == last turn --and--> turn[1] == last turn --and--> ...        the first that is not in its last turn moves
//
// LOOPS: of the order, innermost first. TURNS_*: the memory of their last turns, one word of LOOPS numbers of TURN_WIDTH
// bits; MOVES_*: that of their moves, of MOVE_WIDTH bits. X_*: the beat. DEPTH: registers of the pipeline.
module codesign_reorder #(
    parameter int BEATS = 4,
    parameter int DELAY = 1,
    parameter int STEPS = 5,
    parameter int RING = 1,
    parameter int LOOPS = 1,
    parameter int X_WIDTH = 8,
    parameter int X_LANES = 1,
    parameter int TURN_WIDTH = 2,
    parameter int MOVE_WIDTH = 1,
    parameter TURNS_FILE = "",
    parameter int TURNS_BITS = 2,
    parameter TURNS_STYLE = "registers",
    parameter MOVES_FILE = "",
    parameter int MOVES_BITS = 1,
    parameter MOVES_STYLE = "registers",
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
    output logic                       go,
    output logic                       starved,
    output logic                       blocked
);
  localparam int WORD = X_LANES * X_WIDTH;
  localparam int STEP = $clog2(STEPS);
  localparam int PLACE = RING > 1 ? $clog2(RING) : 1;

  logic advance, takes, gives, last, unused_first;
  logic [STEP-1:0] step;
  logic [PLACE-1:0] to, from;
  logic [TURNS_BITS-1:0] turns;
  logic [MOVES_BITS-1:0] moves;
  logic [WORD-1:0] ring[RING];
  logic [WORD-1:0] read;

  codesign_counter #(
      .TURNS(STEPS)
  ) steps (
      .clk,
      .rst,
      .step (go),
      .count(step),
      .first(unused_first),
      .last
  );
  assign takes = step < STEP'(BEATS);
  assign gives = step >= STEP'(DELAY);

  codesign_pipeline #(
      .DEPTH (DEPTH),
      .READS (1),
      .WRITES(1)
  ) control (
      .clk,
      .rst,
      .need(takes),
      .give(gives),
      .in_valid,
      .in_ready,
      .out_valid,
      .out_ready,
      .go,
      .advance,
      .starved,
      .blocked
  );

  // Where the next beat goes to.
  always_ff @(posedge clk)
    if (rst || (go && last)) to <= '0;
    else if (go && takes) to <= to == PLACE'(RING - 1) ? '0 : to + 1'b1;

  // Where the next one comes from.
  codesign_rom #(
      .FILE (TURNS_FILE),
      .BITS (TURNS_BITS),
      .STYLE(TURNS_STYLE)
  ) last_turns (
      .clk,
      .advance(1'b1),
      .address(1'b0),
      .word(turns)
  );
  codesign_rom #(
      .FILE (MOVES_FILE),
      .BITS (MOVES_BITS),
      .STYLE(MOVES_STYLE)
  ) all_moves (
      .clk,
      .advance(1'b1),
      .address(1'b0),
      .word(moves)
  );
  for (genvar l = 0; l < LOOPS; l++) begin : g_loop
    logic [TURN_WIDTH-1:0] turn;
    logic carry, done;
    logic [PLACE-1:0] move;  // of this loop or one inside it
    if (l == 0) begin : g_inner
      assign carry = go && gives;
      assign move  = done ? '0 : PLACE'(moves[MOVE_WIDTH-1:0]);
    end else begin : g_outer
      assign carry = g_loop[l-1].carry && g_loop[l-1].done;
      assign move  = carry && !done ? PLACE'(moves[l*MOVE_WIDTH+:MOVE_WIDTH]) : g_loop[l-1].move;
    end
    assign done = turn == turns[l*TURN_WIDTH+:TURN_WIDTH];
    always_ff @(posedge clk)
      if (rst) turn <= '0;
      else if (carry) turn <= done ? '0 : turn + 1'b1;
  end

  logic [PLACE:0] moved;
  assign moved  = {1'b0, from} + {1'b0, g_loop[LOOPS-1].move};
  always_ff @(posedge clk)
    if (rst || (go && last)) from <= '0;
    else if (go && gives) from <= PLACE'(moved >= (PLACE + 1)'(RING) ? moved - (PLACE + 1)'(RING) : moved);

  always_ff @(posedge clk) begin
    if (go && takes) ring[to] <= in_data;
    if (advance) read <= ring[from];
  end

  codesign_delay #(
      .WIDTH (WORD),
      .CYCLES(DEPTH - 1)
  ) behind (
      .clk,
      .advance,
      .in (read),
      .out(out_data)
  );
endmodule
