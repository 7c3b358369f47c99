"""Precision scans: time per point beside hls4ml's, the metric against bits, and bits by layer beside uniform ones.

    python -m benchmarks.scan [--peer-python PYTHON [--peer-adders]] [--only NAME ...] [--showers N] [--folder FOLDER]

The networks are those of models/ without their quantizers: what was trained with them in the loop is float again, so
that what is scanned is post-training quantization. Jets and showers are generated. Times are CPU seconds of one
process; PYTHON is an interpreter that has hls4ml (the extra `peer`), without which its column stays empty. With
`--peer-adders` hls4ml also makes adder graphs of the taggers, as our designs do; it needs da4ml, 6 GB and some ten
minutes. Prints markdown.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.transformation.fold_constants import FoldConstants
from qonnx.transformation.infer_shapes import InferShapes

from benchmarks import constituents
from benchmarks.measure import cpu_seconds, surroundings, table
from codesign.scan.calibrate import SAMPLES, Method, calibrate
from codesign.scan.evaluate import Evaluator, Task
from codesign.scan.run import ScanResult, scan
from codesign.scan.search import Binary, grid
from models.deepcalo.generate import showers
from models.jet_tagger.generate import jets

ROOT = Path(__file__).parents[1]
BITS = "2..16"
SEED = 4004
JETS = 4000
DESIGNED = (4, 8, 16)
ADDERS_BITS = 8
ADDERS = ("distributed_arithmetic", f"fixed<{ADDERS_BITS},4>")
"""Of hls4ml: each type of the network has 8 bits, at which our designs have adder graphs everywhere too."""
STAGES = ("convert", "write", "compile", "predict")
Measured = dict[str, float | str]


@dataclass(frozen=True)
class Case:
    """A float network with data."""

    name: str
    model: Path
    data: Path
    labels: Path
    metrics: tuple[str, ...]
    allocated: str
    """Widths of the search by layer."""


def without_quantizers(source: Path, target: Path) -> Path:
    """The network of a QONNX file in float: weights as their quantizers leave them, results as they come."""
    proto = onnx.load(source)
    domains = sorted(proto.opset_import, key=lambda o: o.domain != "")
    del proto.opset_import[:]
    proto.opset_import.extend(domains)  # qonnx folds constants with the version of the first
    model = ModelWrapper(proto).transform(InferShapes()).transform(FoldConstants(exclude_op_types=[]))
    for node in list(model.graph.node):
        if node.op_type == "Quant":
            for reader in model.graph.node:
                for i, name in enumerate(reader.input):
                    if name == node.output[0]:
                        reader.input[i] = node.input[0]
            model.graph.node.remove(node)
    del model.graph.quantization_annotation[:]
    del model.graph.value_info[:]
    onnx.save(model.model, str(target))
    return target


def cases(folder: Path, events: int) -> list[Case]:
    """The tagger of published jets where they are, our own and the energy regression, with their data in `folder`."""
    x, y = jets(JETS, SEED)
    shower = showers(events, SEED)
    arrays = {"jets_x": x, "jets_y": y, "showers_x": shower.images.transpose(0, 3, 1, 2).astype(np.float32),
              "showers_y": (shower.energy[:, None] / 100).astype(np.float32)}  # fmt: skip
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    models = ROOT / "models"
    tagger = without_quantizers(models / "jet_tagger" / "jet_tagger.onnx", folder / "jets.onnx")
    calo = without_quantizers(models / "deepcalo" / "image_only.onnx", folder / "deepcalo.onnx")
    found = [
        Case("jets", tagger, folder / "jets_x.npy", folder / "jets_y.npy", ("accuracy",), "2..8"),
        Case("deepcalo", calo, folder / "showers_x.npy", folder / "showers_y.npy", ("mae", "iqr"), "4..8"),
    ]
    published = constituents.files(folder)
    return found if published is None else [Case("constituents", *published, ("accuracy",), "2..8"), *found]


def seconds_per_point(case: Case) -> Measured:
    """CPU seconds for the evaluation of a point, over all widths, and with its design, over three and with 8 bits."""
    found: Measured = {}
    widths = {"network": range(2, 17), "design": DESIGNED, "design of 8 bits": [ADDERS_BITS]}
    for kind, bits in widths.items():
        design = kind != "network"
        start = cpu_seconds()
        task = Task(str(case.model), str(case.data), str(case.labels), case.metrics[0], design=design)
        evaluator = Evaluator(task)
        calibration = calibrate(evaluator.space, [x[:SAMPLES] for x in evaluator.data])
        found["start"] = cpu_seconds() - start
        points = grid(evaluator.space, Binary(calibration), bits, None, None)
        start = cpu_seconds()
        for point in points:
            evaluator(point)
        found[kind] = (cpu_seconds() - start) / len(points)
    found["samples"] = len(evaluator.data[0])
    return found


def peer_seconds(case: Case, python: str, *strategy: str) -> Measured:
    """The same for hls4ml: conversion, writing, compilation and prediction of one point."""
    with tempfile.TemporaryDirectory() as folder:
        words = [python, str(Path(__file__).with_name("drive_hls4ml.py")), str(case.model), str(case.data)]
        words += [f"{folder}/y.npy", f"{folder}/hls4ml", *strategy]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        done = subprocess.run(words, env=environment, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{' '.join(words)} failed:\n{done.stderr[-2000:]}")
        found: Measured = json.loads(done.stdout.splitlines()[-1])
    return found


def times(found: list[tuple[Case, Measured, Measured | None]]) -> str:
    """A row per network."""
    heading = ["network", "samples", "start", "point", "points per minute", "with its design", "points per minute"]
    rows = []
    for case, ours, peer in found:
        row = [case.name, ours["samples"], ours["start"], ours["network"], 60 / float(ours["network"])]
        row += [ours["design"], 60 / float(ours["design"])]
        if peer is None:
            row += ["", "", ""]
        elif "failed" in peer:
            row += [f"fails: {peer['failed']}", "", ""]
        else:
            whole = sum(float(peer[stage]) for stage in STAGES)
            row += [whole, whole / float(ours["network"]), whole / float(ours["design"])]
        rows.append(row)
    return table([*heading, "hls4ml", "ratio", "ratio with design"], rows)


def adder_times(found: list[tuple[Case, Measured, Measured]]) -> str:
    """The same with adder graphs on both sides, at 8 bits: CPU seconds of each stage of hls4ml."""
    rows = []
    for case, ours, peer in found:
        row: list[object] = [case.name, ours["design of 8 bits"]]
        if "failed" in peer:
            rows.append([*row, f"fails: {peer['failed']}", *[""] * len(STAGES)])
        else:
            stages = [float(peer[stage]) for stage in STAGES]
            rows.append([*row, *stages, sum(stages) / float(ours["design of 8 bits"])])
    return table(["network", "a point with its design", *STAGES, "ratio"], rows)


def against_bits(case: Case, folder: Path) -> str:
    """Each metric at each width, for two ways to choose binary points."""
    columns: list[tuple[str, ScanResult]] = []
    wanted = [(case.metrics[-1], Method.MIN_MAX), *((metric, Method.MSE) for metric in case.metrics)]
    for metric, method in wanted:
        result = scan(
            case.model, data=case.data, labels=case.labels, metric=metric, bits=BITS, calibration=method.value,
            design=False, output=folder / f"{case.name}_{metric}",
        )  # fmt: skip
        columns.append((f"{metric}, {method.value}", result))
    rows = []
    for i, one in enumerate(columns[-1][1].outcomes):
        values = [f"{result.outcomes[i].value:.4g}" for _, result in columns]
        rows.append([i + 2, *values, one.output_error, one.bit_operations])
    rows.append(["reference", *(f"{result.reference:.4g}" for _, result in columns), "", ""])
    return table(["bits", *(name for name, _ in columns), "output error, mse", "bit operations"], rows)


def by_layer(case: Case, folder: Path) -> str:
    """Allocations beside uniform widths of the same budget, in the same store as the grid of mse."""
    metric = case.metrics[-1]
    result = scan(
        case.model, data=case.data, labels=case.labels, metric=metric, bits=case.allocated, calibration="mse",
        design=False, method="allocate", output=folder / f"{case.name}_{metric}",
    )  # fmt: skip
    rows = []
    for m in result.mixed:
        assert m.uniform is not None
        rows.append([m.bits, f"{m.uniform.value:.4g}", m.uniform.output_error, m.uniform.bit_operations,
                     f"{m.outcome.value:.4g}", m.outcome.output_error, m.outcome.bit_operations])  # fmt: skip
    heading = ["bits", metric, "output error", "bit operations", f"{metric}, mixed", "output error", "bit operations"]
    return table(heading, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peer-python", help="an interpreter that has hls4ml")
    parser.add_argument("--peer-adders", action="store_true", help="also with strategy distributed_arithmetic")
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=("constituents", "jets", "deepcalo"))
    parser.add_argument("--showers", type=int, default=250)
    parser.add_argument("--folder", type=Path, help="keeps the files and the stores, and goes on with those there are")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        chosen = [c for c in cases(folder, asked.showers) if asked.only is None or c.name in asked.only]
        print(f"{surroundings('numpy', 'optuna', 'highspy')}\n")
        for case in chosen:
            print(f"{case.name}, the metric against bits\n\n{against_bits(case, folder)}\n", flush=True)
            print(f"{case.name}, bits by layer\n\n{by_layer(case, folder)}\n", flush=True)
        found = []
        for case in chosen:
            print(f"{case.name}: times", file=sys.stderr)
            peer = None if asked.peer_python is None else peer_seconds(case, asked.peer_python)
            found.append((case, seconds_per_point(case), peer))
        print(f"CPU seconds\n\n{times(found)}")
        if asked.peer_adders and asked.peer_python is not None:
            taggers = [(case, ours) for case, ours, _ in found if case.name != "deepcalo"]
            adders = [(c, o, peer_seconds(c, asked.peer_python, *ADDERS)) for c, o in taggers]
            print(f"\nCPU seconds, with adder graphs on both sides\n\n{adder_times(adders)}")


if __name__ == "__main__":
    main()
