"""Host, device and printed kernel in one process give what the network gives, and release the card on every path."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from codesign.ir.design import Design
from codesign.ir.fixed import Fixed
from codesign.ir.kernels import MatVec
from tests.backends.alveo.driver import BadCall, BadCard, Driver
from tests.backends.alveo.projects import encoded, written, xclbin
from tests.backends.passing import passing
from tests.backends.small import classifier

CLOSED = (0, 0, 0, 0)


def several() -> Design:
    """Three inputs and four outputs; beats that fit a word several times, once, and not at all."""
    return encoded(passing((Fixed(5, 2), 7, 3, 1), (Fixed(12, 0, False), 42, 2, 2), (Fixed(9, -3), 130, 1, 1)))


class Built:
    """A design with its host, and its xclbin with this many compute units."""

    def __init__(self, design: Design, folder: Path, device: list[Path], units: int) -> None:
        self.design, self.units = design, units
        self.project = written(design, folder, units)
        self.xclbin = xclbin(self.project)
        self.driver = Driver(self.project, design, device)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, device: list[Path]) -> Built:
    return Built(encoded(classifier()), tmp_path_factory.mktemp("small"), device, 2)


@pytest.fixture(autouse=True)
def released(small: Built) -> Iterator[None]:
    """After each test nothing is open."""
    yield
    assert small.driver.left_open() == CLOSED


def numbers(design: Design, samples: int, seed: int = 0) -> list[np.ndarray]:
    """Numbers within and beyond the range of each input."""
    rng = np.random.default_rng(seed)
    found = []
    for port in design.inputs:
        assert port.layer is not None
        largest = float(max(abs(port.tensor.low), port.tensor.high) * port.tensor.step[0])
        found.append(rng.uniform(-1.2 * largest, 1.2 * largest, (samples, *port.layer.shape)))
    return found


@pytest.mark.parametrize("units", [1, 2, 3])
def test_a_design_of_several_inputs_gives_its_codes_for_every_batch_and_number_of_compute_units(
    units: int, device: list[Path], tmp_path: Path
) -> None:
    built = Built(several(), tmp_path, device, units)
    for samples in (1, 5, 100):
        x = numbers(built.design, samples)
        codes = built.design.encode(x)
        expected = built.design.evaluate(codes)
        with built.driver.open(built.xclbin) as card:
            assert card.max_batch == 100 * units
            for found, wanted in zip(card.encoded(x), expected, strict=True):
                np.testing.assert_array_equal(found, wanted)
            for found, wanted in zip(card.codes(codes), expected, strict=True):
                np.testing.assert_array_equal(found, wanted)
            for found, wanted, port in zip(card.run(x), expected, built.design.outputs, strict=True):
                np.testing.assert_array_equal(found, port.tensor.decode_float(wanted))
            assert 0 < card.times[0] < card.times[1] and card.times[2] > 0
    assert built.driver.left_open() == CLOSED


def test_batches_of_every_size_follow_each_other_on_the_same_card(small: Built) -> None:
    """Also fewer samples than compute units, and numbers of single precision."""
    with small.driver.open(small.xclbin) as card:
        for samples in (200, 1, 3, 2, 199, 100, 7):
            x = [v.astype(np.float32) for v in numbers(small.design, samples, samples)]
            (expected,) = small.design.evaluate(small.design.encode(x))
            np.testing.assert_array_equal(card.run(x, "f4")[0], expected)


def test_a_batch_larger_than_the_buffers_is_refused_and_the_next_one_runs(small: Built) -> None:
    with small.driver.open(small.xclbin) as card:
        for samples in (0, 201):
            cure = "run smaller batches, or compile with a larger --max-batch"
            held = rf"a batch of {samples} samples; the buffers hold 1 to 200 \(100 for each compute unit\); {cure}"
            with pytest.raises(BadCall, match=held):
                card.run([np.zeros((samples, 4))])
        x = np.zeros((200, 4), dtype=np.int64)
        np.testing.assert_array_equal(card.codes([x])[0], small.design.evaluate([x])[0])


def test_what_is_no_number_is_refused_with_its_place_in_the_batch(small: Built) -> None:
    x = np.zeros((8, 4))
    x[6, 1] = np.nan  # in the half of the second compute unit
    with small.driver.open(small.xclbin) as card:
        with pytest.raises(BadCall, match=r"input x: sample 6, element \(1,\) is not a number \(NaN\)"):
            card.run([x])
        x[6, 1] = -np.inf
        (expected,) = small.design.evaluate(small.design.encode([x]))
        np.testing.assert_array_equal(card.run([x])[0], expected)


def test_codes_that_the_input_does_not_have_are_refused(small: Built) -> None:
    codes = np.zeros((5, 4), dtype=np.int64)
    codes[4, 0] = 8
    refused = pytest.raises(BadCall, match=r"input x: the code 8 of sample 4 is outside -8\.\.7")
    with small.driver.open(small.xclbin) as card, refused:
        card.codes([codes])


def test_a_card_that_is_not_there_is_named(small: Built) -> None:
    with pytest.raises(BadCard, match="Could not open device with index '7'"):
        small.driver.open(small.xclbin, device=7)


def test_an_xclbin_that_is_missing_or_none_is_named(small: Built, tmp_path: Path) -> None:
    with pytest.raises(BadCard, match=r"Failed to open file '.*no\.xclbin' for reading"):
        small.driver.open(tmp_path / "no.xclbin")
    for content in (b"", b"xclbin2\0" + bytes(1000)):
        (tmp_path / "other.xclbin").write_bytes(content)
        with pytest.raises(BadCard, match=r"Invalid xclbin '.*other\.xclbin'"):
            small.driver.open(tmp_path / "other.xclbin")


def test_an_xclbin_of_another_kernel_is_refused(small: Built, device: list[Path], tmp_path: Path) -> None:
    design = encoded(passing((Fixed(4, 2), 4, 1, 1)))
    other = xclbin(written(design, tmp_path))
    with pytest.raises(BadCard, match=r"No compute units matching 'small_kernel:\{small_kernel_1\}'"):
        small.driver.open(other)


def test_an_xclbin_of_the_same_name_and_other_weights_is_refused_by_its_digest(small: Built, tmp_path: Path) -> None:
    design = encoded(classifier())
    process = design.processes["dense_1"]
    kernel = process.kernel
    assert isinstance(kernel, MatVec) and kernel.bias is not None
    bias = replace(kernel.bias, words=kernel.bias.words[::-1])
    design.processes["dense_1"] = replace(process, kernel=replace(kernel, bias=bias))
    other = xclbin(written(design, tmp_path, 2))
    with pytest.raises(BadCard, match=r"compute unit small_kernel_1 has the design [0-9a-f]{32}, this host was made "
                       r"for [0-9a-f]{32}; build both from the same project"):  # fmt: skip
        small.driver.open(other)


def test_an_xclbin_with_fewer_compute_units_is_refused(small: Built, tmp_path: Path) -> None:
    other = xclbin(written(encoded(classifier()), tmp_path, 1))
    with pytest.raises(BadCard, match=r"No compute units matching 'small_kernel:\{small_kernel_2\}'"):
        small.driver.open(other)


def test_a_bank_that_is_too_small_for_the_buffers_is_named(device: list[Path], tmp_path: Path) -> None:
    design = encoded(classifier())
    project = written(design, tmp_path, max_batch=1 << 30)
    driver = Driver(project, design, device)
    with pytest.raises(BadCard, match=r"failed to allocate a buffer of 2147483648 bytes: of the 4194304 bytes of "
                       r"HBM\[0\], 0 are in use"):  # fmt: skip
        driver.open(xclbin(project))
    assert driver.left_open() == CLOSED


@pytest.fixture(scope="module")
def troubled(small: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The xclbin with a fault: launches of 3 samples take a second, ones of 5 samples fail."""
    source = small.project / "alveo" / "emulation" / "xclbin.cpp"
    whole = source.read_text()
    fault = 'if (samples == 3) usleep(1000000);\nif (samples == 5) return fail(message, size, "broken", "");\n'
    at = whole.index("{\n", whole.index("int codesign_launch(")) + 2
    try:
        source.write_text("#include <unistd.h>\n" + whole[:at] + fault + whole[at:])
        return xclbin(small.project, place=tmp_path_factory.mktemp("troubled") / "troubled.xclbin")
    finally:
        source.write_text(whole)


def test_a_launch_that_fails_is_an_error_and_the_next_batch_runs(small: Built, troubled: Path) -> None:
    x = np.zeros((100, 4))
    with small.driver.open(troubled) as card:
        for samples, unit in ((9, 1), (10, 1)):
            with pytest.raises(BadCard, match=f"compute unit small_kernel_{unit} ended with an error"):
                card.run([x[:samples]])
        (expected,) = small.design.evaluate(small.design.encode([x]))
        np.testing.assert_array_equal(card.run([x])[0], expected)


def test_a_launch_that_does_not_end_in_time_is_an_error_that_stays(small: Built, troubled: Path) -> None:
    x = np.zeros((6, 4))
    with small.driver.open(troubled, timeout_ms=50) as card:
        late = r"compute unit small_kernel_1 did not finish within 50 ms; reset the card with `xbutil reset`"
        with pytest.raises(BadCard, match=late):
            card.run([x])
        with pytest.raises(BadCard, match="compute unit small_kernel_1 is busy with a launch that did not finish"):
            card.run([x[:2]])
        time.sleep(2)
        card.run([x[:2]])
