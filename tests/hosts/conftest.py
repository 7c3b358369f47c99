"""Projects that several tests run, each with a kernel compiled by g++."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import codesign
from codesign import resources
from codesign.backends.hls.sources import sources
from codesign.backends.host.host import Bank, ComputeUnit, host
from codesign.backends.kernel.sources import Kernel, kernel, write_kernel
from codesign.backends.project import write_project
from codesign.backends.pynq import write_overlay
from codesign.backends.python_host import write_card_host
from codesign.ir.design import Design
from codesign.ir.layers import Affine, Input, Quantize
from codesign.ir.tensor import Tensor
from codesign.ir.vector import Vector
from codesign.verification.csim import Arithmetic, flags, folders
from codesign.verification.kernel import KernelCsim
from codesign.verification.shared_object import compiled as shared_object
from codesign.verification.vectors import random_vectors
from tests.rtl.test_axis import reversed_sample


@dataclass
class Project:
    """A project folder, the design in it, and real inputs of many samples."""

    folder: Path
    design: Design
    inputs: list[np.ndarray]

    def expected(self) -> list[np.ndarray]:
        """What the design gives for the inputs, as values."""
        codes = self.design.evaluate(self.design.encode(self.inputs))
        return [p.tensor.decode_float(c) for p, c in zip(self.design.outputs, codes, strict=True)]


@pytest.fixture(scope="session")
def jets(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The jet tagger for a PYNQ-Z2."""
    place = tmp_path_factory.mktemp("zynq") / "jets"
    model = resources.folder("models") / "jet_tagger" / "jet_tagger.onnx"
    compiled = codesign.compile(model, target="pynq-z2", output=place, csim=False)
    KernelCsim(place).build()
    x = np.random.default_rng(1).normal(size=(100, *compiled.design.inputs[0].tensor.shape)) * 3
    return Project(place, compiled.design, [x.astype(np.float32)])


def several() -> Design:
    """Two inputs, one of them channels first and scaled by channel, and two outputs with scales and offsets."""
    design = reversed_sample(("x", "mask"), ("y", "z"))
    plain, scaled = design.inputs
    t = plain.tensor
    design.inputs[0] = replace(plain, layer=Input(t, (Quantize(t.low, t.high, Vector.of(Fraction(1))),)))
    tensor = Tensor.of_codes(t.shape, t.low, t.high, Vector.of([Fraction(1, 3), Fraction(2, 7)]), Vector.of([0, 1]))
    chain = (Affine(Vector.of(Fraction(1, 10))), Quantize(t.low, t.high, tensor.step, tensor.offset))
    design.inputs[1] = replace(scaled, tensor=tensor, layer=Input(tensor, chain, (1, 0)))
    design.outputs[1] = replace(design.outputs[1], tensor=tensor)
    return design


@pytest.fixture(scope="session")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A design of two inputs and two outputs for a PYNQ-Z2, with vectors."""
    place = tmp_path_factory.mktemp("zynq_ports")
    design = several()
    vectors = random_vectors(design, 9)
    printed = write_project(design, place, part="x", clock_ns=10, vectors=vectors, version="0", digest="0")
    found = write_kernel(replace(kernel(design, printed, 64), max_samples=200), place, version="0", digest="0")
    write_overlay(
        design, found, place, family="zynq-7000", part="x", board_part="a:b", clock_ns=10, version="0", digest="0"
    )
    KernelCsim(place).build()
    rng = np.random.default_rng(2)
    x, mask = (rng.normal(size=(100, *p.layer.shape)) * 20 for p in design.inputs if p.layer is not None)
    return Project(place, design, [x, mask])


UNITS = 3


def card(project: Project) -> Path:
    """The same kernel as three compute units of a card: the emulated xclbin, with the host in Python beside it."""
    about = json.loads((project.folder / "kernel" / "kernel.json").read_text())
    found: Kernel = replace(
        kernel(project.design, sources(project.design), about["word_bits"]),
        max_samples=about["max_samples"],
        digest=about["digest"],
    )
    count = len(found.memories) + 1
    units = tuple(ComputeUnit(f"{found.name}_{u + 1}", tuple((u + k) % 4 for k in range(count))) for u in range(UNITS))
    banks = tuple(Bank(f"HBM[{b}]", 1 << 20) for b in range(4))
    text = host(project.design, found, units, banks, found.max_samples).files("0", "0", False)
    place = project.folder / "alveo" / "emulation" / "xclbin.cpp"
    place.parent.mkdir(parents=True)
    place.write_text(text["alveo/emulation/xclbin.cpp"])
    write_card_host(project.design, found, [u.name for u in units], project.folder, digest="0")
    options = flags(project.folder, Arithmetic.NATIVE)
    where = [*folders(project.folder, Arithmetic.NATIVE), project.folder / "kernel"]
    return shared_object(place, "emulated", options, where)


@pytest.fixture(scope="session")
def jets_card(jets: Project) -> tuple[Project, Path]:
    return jets, card(jets)


@pytest.fixture(scope="session")
def ports_card(ports: Project) -> tuple[Project, Path]:
    return ports, card(ports)
