"""What a design moves between a host and the card that it is for."""

from __future__ import annotations

from codesign.analysis.launch import Traffic
from codesign.backends.deployment import Deployment
from codesign.backends.memory import MemoryLayout
from codesign.ir.design import Design, Port
from codesign.report.card import BATCHES, Card
from codesign.targets import Target


def card_of(design: Design, target: Target, board: Deployment) -> Card | None:
    """The design on its card as deployed, in batches that fit one launch; None where the target has no link to a host,
    or no memory that a kernel could reach."""
    if target.link is None or target.word_bits is None:
        return None
    word_bits = target.word_bits

    def traffic(port: Port, reads: bool) -> Traffic:
        stream = design.streams[port.stream]
        layout = MemoryLayout.of(stream, word_bits)
        bits = stream.beats * stream.lanes * stream.element.width
        return Traffic(port.name, reads, stream.beats, layout.beats, layout.words, word_bits, bits)

    ports = [*(traffic(port, True) for port in design.inputs), *(traffic(port, False) for port in design.outputs)]
    units = len(board.units)
    largest = board.max_samples * units
    return Card(target.link, tuple(ports), units, tuple(sorted({min(n, largest) for n in BATCHES})))
