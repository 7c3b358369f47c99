"""The design on its card: ports as they lie in memory, the compute units, batches that fit a launch."""

from __future__ import annotations

from codesign.backends.deployment import Deployment
from codesign.backends.hls.sources import sources
from codesign.backends.kernel.sources import kernel
from codesign.backends.memory import MemoryLayout
from codesign.compiler.card import card_of
from codesign.compiler.deployment import deployed
from codesign.compiler.options import Options
from codesign.report.card import BATCHES
from tests.backends.small import classifier


def board(target: str, units: int | None = None, batch: int | None = None) -> tuple[Options, Deployment]:
    design = classifier()
    options = Options.of(target, None, None, None, None, None, compute_units=units, max_batch=batch)
    bits = options.target.word_bits
    assert bits is not None
    return options, deployed(kernel(design, sources(design), bits), design, options)[1]


def test_the_ports_move_what_lies_in_memory() -> None:
    design, (options, deployment) = classifier(), board("u50", units=2)
    card = card_of(design, options.target, deployment)
    assert card is not None and card.link == options.target.link
    assert (card.compute_units, card.batches) == (2, BATCHES)
    ports = [*design.inputs, *design.outputs]
    assert [port.name for port in card.ports] == [port.name for port in ports]
    assert [port.reads for port in card.ports] == [True] * len(design.inputs) + [False] * len(design.outputs)
    for traffic, port in zip(card.ports, ports, strict=True):
        stream = design.streams[port.stream]
        layout = MemoryLayout.of(stream, 512)
        codes = stream.beats * stream.lanes
        for samples in (1, 2, 5, 100):
            assert traffic.words(samples) == layout.word_count(samples * codes)
            assert traffic.bytes(samples) == layout.byte_count(samples * codes)
        assert traffic.bits == codes * stream.element.width <= 8 * traffic.bytes(1)


def test_batches_are_no_larger_than_a_launch_takes() -> None:
    options, deployment = board("u50", units=2, batch=30)
    card = card_of(classifier(), options.target, deployment)
    assert card is not None and card.batches == (1, 5, 60), "100 and 1,000 are more than two units take at once"


def test_a_target_without_a_link_has_no_card() -> None:
    options, deployment = board("pynq-z2")
    assert card_of(classifier(), options.target, deployment) is None
