"""What one launch of a batch takes on a card: kernel, transfers and the launch itself apart, each beside a bound.

docs/alveo.md derives the formulas. Nothing here is measured: cycles come from the design (or its simulation), speeds of
the link and the cost of a launch from the target's file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codesign.targets import Link

READ_CYCLES = 64
"""From an address to its first word: what Vitis HLS plans with for memory ports (UG1399, m_axi latency)."""
WRITE_CYCLES = 64
"""From the last word to the answer that it was written, taken as long as that."""


@dataclass(frozen=True)
class Traffic:
    """What a port of a kernel moves per sample: `beats`, of which a word of the memory holds several or which take
    several words, one of the two being 1."""

    name: str
    reads: bool
    beats: int
    beats_per_word: int
    words_per_beat: int
    word_bits: int
    bits: int
    """Of the codes of a sample, without padding."""

    def words(self, samples: int) -> int:
        """That a batch takes in memory."""
        return -(-samples * self.beats // self.beats_per_word) * self.words_per_beat

    def bytes(self, samples: int) -> int:
        """The same in bytes."""
        return self.words(samples) * self.word_bits // 8

    def least_words(self, samples: int) -> int:
        """If codes lay in memory without any padding."""
        return -(-samples * self.bits // self.word_bits)

    @property
    def interval(self) -> int:
        """Cycles per sample that the port is busy: it moves a word per cycle, and packs or unpacks a beat."""
        return self.beats * self.words_per_beat


@dataclass(frozen=True)
class Pace:
    """The cycles of a design: `latency` of a sample on its own, and `interval` from one sample to the next."""

    interval: int
    latency: int


@dataclass(frozen=True)
class Launch:
    """A batch of `samples`, shared by the compute units. Times are in microseconds."""

    samples: int
    kernel_cycles: int
    """Of the compute unit that has most samples."""
    kernel_us: float
    input_bytes: int
    input_us: float
    output_bytes: int
    output_us: float
    launch_us: float
    kernel_bound_us: float
    """No design of this network with these ports and multipliers takes less."""
    transfer_bound_us: float
    """The wire carries the codes in no less, both directions at once."""

    @property
    def transfer_us(self) -> float:
        """Both directions, one after the other."""
        return self.input_us + self.output_us

    @property
    def end_to_end_us(self) -> float:
        """From the call with the inputs in the host's memory to the outputs there: one thing after the other."""
        return self.launch_us + self.transfer_us + self.kernel_us

    @property
    def bound_us(self) -> float:
        """Of end to end: transfers may overlap with the kernel, and a launch need cost nothing."""
        return max(self.kernel_bound_us, self.transfer_bound_us)

    @property
    def per_second(self) -> float:
        """Samples, launch after launch."""
        return 1e6 * self.samples / self.end_to_end_us


def kernel_cycles(ports: Sequence[Traffic], pace: Pace, samples: int) -> int:
    """Cycles that a compute unit takes for so many samples, from its start to its end; 0 for none.

    latency + (samples - 1) x interval, where a port that needs several words for a beat may be the slowest: then its
    cycles are the interval, and they delay the first sample too. Beside that the memory answers, and the last word is
    filled up.
    """
    if samples == 0:
        return 0
    interval = max(pace.interval, *(port.interval for port in ports))
    slower = [max((p.interval - p.beats for p in ports if p.reads is reads), default=0) for reads in (True, False)]
    filling = max((port.beats_per_word - 1 for port in ports if not port.reads), default=0)
    return READ_CYCLES + pace.latency + sum(slower) + (samples - 1) * interval + filling + WRITE_CYCLES


def kernel_bound(ports: Sequence[Traffic], bound: Pace, samples: int) -> int:
    """The least cycles for so many samples, with the lower bounds of interval and latency; ports as wide as these."""
    if samples == 0:
        return 0
    words = max(port.least_words(samples) for port in ports)
    return max(bound.latency + (samples - 1) * bound.interval, words)


def launch(
    ports: Sequence[Traffic],
    pace: Pace,
    bound: Pace,
    clock_mhz: float,
    link: Link,
    samples: int,
    compute_units: int = 1,
) -> Launch:
    """What a batch takes, split over the compute units as the hosts do, evenly, all of them started together."""
    parts = [samples // compute_units + (unit < samples % compute_units) for unit in range(compute_units)]
    share = parts[0]
    cycles = kernel_cycles(ports, pace, share)
    moved = {reads: sum(p.bytes(n) for p in ports if p.reads is reads for n in parts) for reads in (True, False)}
    least = {reads: sum(p.bits * samples for p in ports if p.reads is reads) / 8 for reads in (True, False)}
    us_per_byte = 1e-3 / link.gbytes_per_s
    peak = link.peak_gbytes_per_s or link.gbytes_per_s
    return Launch(
        samples=samples,
        kernel_cycles=cycles,
        kernel_us=cycles / clock_mhz,
        input_bytes=moved[True],
        input_us=moved[True] * us_per_byte,
        output_bytes=moved[False],
        output_us=moved[False] * us_per_byte,
        launch_us=link.launch_us,
        kernel_bound_us=kernel_bound(ports, bound, share) / clock_mhz,
        transfer_bound_us=max(least.values()) * 1e-3 / peak,
    )
