"""Small modules whose area is certain: a multiplier, a ROM, a shift register, a RAM."""

from __future__ import annotations

import random

from codesign.synthesis.job import Job
from codesign.synthesis.schedule import Task
from codesign.synthesis.script import Family

MULTIPLIER = """
module job (input logic clk, input logic signed [{a}:0] a, input logic signed [17:0] b, output logic signed [47:0] p);
  logic signed [{a}:0] ra;
  logic signed [17:0] rb;
  logic signed [44:0] m;
  always_ff @(posedge clk) begin
    ra <= a;
    rb <= b;
    m <= ra * rb;
    p <= p + m;
  end
endmodule
"""

PRODUCT = """
module job (input logic clk, input logic signed [7:0] a, input logic signed [7:0] b, output logic signed [15:0] p);
  logic signed [7:0] ra, rb;
  always_ff @(posedge clk) begin
    ra <= a;
    rb <= b;
    p <= ra * rb;
  end
endmodule
"""

ROM = """
module job (input logic clk, input logic en, input logic [8:0] a, output logic [31:0] q);
  (* rom_style = "block" *) logic [31:0] mem [512];
  initial $readmemh("memory_0.hex", mem);
  always_ff @(posedge clk) if (en) q <= mem[a];
endmodule
"""

DELAY = """
module job (input logic clk, input logic en, input logic [7:0] d, output logic [7:0] q);
  logic [127:0] r;
  always_ff @(posedge clk) if (en) r <= {r[119:0], d};
  assign q = r[127:120];
endmodule
"""

RAM = """
module job (
    input logic clk, input logic we, input logic [5:0] w, r, input logic [6:0] d, output logic [6:0] q
);
  (* ram_style = "distributed" *) logic [6:0] mem [64];
  always_ff @(posedge clk) if (we) mem[w] <= d;
  always_ff @(posedge clk) q <= mem[r];
endmodule
"""


def job(text: str, family: Family = Family.ULTRASCALE_PLUS, slices: bool = True) -> Job:
    """That module alone."""
    return Job({"job.sv": text}, {}, family, slices)


def accumulator(bits: int, family: Family) -> Job:
    """A product of `bits` x 18 bits, summed."""
    return job(MULTIPLIER.format(a=bits - 1), family)


def rom() -> Job:
    """512 random words of 32 bits."""
    draw = random.Random(0)
    words = "".join(f"{draw.getrandbits(32):08x}\n" for _ in range(512))
    return Job({"job.sv": ROM, "memory_0.hex": words}, {}, Family.ULTRASCALE_PLUS, True)


def task(name: str, made: Job, seconds: float = 1.0) -> Task:
    """To synthesize it."""
    return Task(name, made, seconds)
