"""Random networks, all the way: network == design == generated C++, in both arithmetics."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from codesign.backends.project import write_project
from codesign.compiler.options import Options
from codesign.config import Config, Streams
from codesign.errors import ModelError
from codesign.passes import pipeline
from codesign.passes.builder import Fold, is_product
from codesign.passes.products import foldings
from codesign.verification.csim import Arithmetic, Csim
from codesign.verification.ladder import evaluate_network
from tests.strategies import networks

EXACT = 60
"""Networks whose design is compared."""
COMPILED = 8
"""Networks that are compiled with g++: a second or two each."""

REFUSALS = ("at most 63 are supported", "gives real numbers that no quantizer turns into codes")
"""What a drawn network may be refused for: constants of far apart sizes on one grid, and steps of channels that have
none in common where nothing behind them asks for less."""


def designed(data: st.DataObject):
    """(network, design, codes): a random network after all passes, often with sums that wrap, with a random folding and
    streams of any kind."""
    graph, inputs = data.draw(networks())
    most = data.draw(st.sampled_from([None, None, 3, 5, 8, 12]))
    config = Config.of({} if most is None else {"Model": {"AccumulatorWidth": most}})
    try:
        network = pipeline.run(graph, config, {}).network
    except ModelError as refused:  # about one in a thousand, by name
        if any(reason in str(refused) for reason in REFUSALS):
            reject()
        raise
    folding: dict[str, Fold] = {}
    for node in network:
        if is_product(node.layer):
            folding[node.name] = data.draw(st.sampled_from(foldings(node)))
    streams = data.draw(st.sampled_from(Streams))
    clock = Options.of(None, None, None, None, None, None).clock_mhz
    design = pipeline.build_design(network, folding, {}, clock, streams)
    return network, design, design.encode(inputs)


@settings(max_examples=EXACT)
@given(st.data())
def test_the_design_gives_the_integers_of_the_network(data):
    network, design, codes = designed(data)

    for found, expected in zip(design.evaluate(codes), evaluate_network(network, codes), strict=True):
        assert np.array_equal(found, expected)


@settings(max_examples=COMPILED)
@given(st.data())
def test_the_generated_code_gives_the_integers_of_the_network(data):
    network, design, codes = designed(data)
    expected = evaluate_network(network, codes)

    with TemporaryDirectory() as folder:
        write_project(
            design, Path(folder), part="xcu50-fsvh2104-2-e", clock_ns=5.0, vectors=None, version="0", digest="0"
        )
        for arithmetic in Arithmetic:
            for found, values in zip(Csim(Path(folder), arithmetic)(codes), expected, strict=True):
                assert np.array_equal(found, values), arithmetic
