"""The pipeline in plain torch and scipy against the one in onnxruntime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from codesign.errors import ConfigError, DataError, ModelError, ToolError
from tests.gpu.checkpoints import interaction

pytestmark = pytest.mark.gpu
torch = pytest.importorskip("torch")


def saved(folder: Path, kind: str = "interaction") -> tuple[Path, float, float]:
    """A pipeline folder, cut where about half of the edges pass each network."""
    from codesign.gpu.tracking.models.checkpoints import to_checkpoint
    from codesign.gpu.tracking.pipeline import Pipeline
    from tests.gpu.fast import pipelines

    for stage, module in pipelines.modules(kind).items():
        to_checkpoint(module).save(folder / stage)
    cuts = {"filter_cut": 0.0, "gnn_cut": 0.0}
    for name, scores in (("filter_cut", "filtered"), ("gnn_cut", "scores")):
        (folder / "pipeline.yaml").write_text(pipelines.settings(**cuts).text())
        trace = Pipeline.load(folder, 1).stages(pipelines.event(400).hits)
        ordered = np.sort(getattr(trace, scores))
        middle = len(ordered) // 2
        widest = middle + int(np.argmax(np.diff(ordered[middle : middle + 40])))
        assert ordered[widest + 1] - ordered[widest] > 1e-5  # no score is as close to the cut as floats round
        cuts[name] = float(ordered[widest] + ordered[widest + 1]) / 2
    (folder / "pipeline.yaml").write_text(pipelines.settings(**cuts).text())
    return folder, cuts["filter_cut"], cuts["gnn_cut"]


@pytest.mark.parametrize("kind", ["interaction", "concat", "attention"])
def test_labels_are_those_of_onnxruntime(tmp_path: Path, kind: str) -> None:
    from codesign.gpu.fast.pipeline import FastPipeline
    from codesign.gpu.tracking.pipeline import Pipeline
    from tests.gpu.fast import pipelines

    folder, filter_cut, gnn_cut = saved(tmp_path, kind)
    hits = pipelines.event(400).hits
    expected = Pipeline.load(folder, 1).stages(hits)
    assert pipelines.spread(expected.filtered, filter_cut) and pipelines.spread(expected.scores, gnn_cut)
    assert expected.labels.max() > 5
    fast = FastPipeline.load(folder)
    found = fast.stages(hits, timed=True)
    np.testing.assert_array_equal(found.graph.numpy(), expected.graph)
    np.testing.assert_array_equal(found.edges.numpy(), expected.edges)
    np.testing.assert_allclose(found.scores.numpy(), expected.scores, atol=5e-6, rtol=0)  # of sigmoids, in float32
    np.testing.assert_array_equal(fast.labels(hits), expected.labels)
    assert list(found.seconds) == list(expected.seconds)


def test_labels_are_those_of_onnxruntime_where_edges_need_support(tmp_path: Path) -> None:
    from dataclasses import replace

    from codesign.gpu.fast.pipeline import FastPipeline
    from codesign.gpu.tracking.labelling import support
    from codesign.gpu.tracking.pipeline import Pipeline
    from tests.gpu.fast import pipelines

    folder = saved(tmp_path)[0]
    hits = pipelines.event(400).hits
    plain = Pipeline.load(folder, 1)
    trace = plain.stages(hits)
    passed = trace.scores >= plain.settings.gnn_cut
    ordered = np.sort(support(len(hits), trace.edges[:, passed], trace.scores[passed]))
    start = len(ordered) // 2
    widest = start + int(np.argmax(np.diff(ordered[start : start + 100])))
    assert ordered[widest + 1] - ordered[widest] > 1e-3  # no support is as close to the least as sums of scores round
    least = float(ordered[widest] + ordered[widest + 1]) / 2
    (folder / "pipeline.yaml").write_text(replace(plain.settings, support=least).text())
    expected = Pipeline.load(folder, 1).labels(hits)
    assert (expected != trace.labels).any() and expected.max() > 2
    np.testing.assert_array_equal(FastPipeline.load(folder).labels(hits), expected)


def test_events_of_no_hit_one_hit_and_no_edge(tmp_path: Path) -> None:
    from codesign.gpu.fast.pipeline import FastPipeline

    fast = FastPipeline.load(saved(tmp_path)[0])
    for n in (0, 1):
        np.testing.assert_array_equal(fast.labels(np.full((n, 3), 100.0)), [-1] * n)
    apart = np.array([[100.0, 0, 0], [-100, 0, 0]])
    np.testing.assert_array_equal(fast.labels(apart), [-1, -1])
    with pytest.raises(DataError, match="hit 0 has the coordinates"):
        fast.labels(np.array([[np.nan, 0, 0]]))


def test_half_precision_on_the_cpu_has_scores_near_those_of_float32(tmp_path: Path) -> None:
    from codesign.gpu.fast.pipeline import FastPipeline
    from tests.gpu.fast import pipelines

    half, single = (
        FastPipeline(pipelines.settings(filter_cut=0.0), pipelines.modules(), precision=p) for p in ("fp16", "fp32")
    )
    hits = torch.from_numpy(pipelines.event(60).hits)
    from codesign.gpu.fast.features import features

    x = features(hits, single.settings.features["filter"])
    edges = torch.randint(0, len(hits), (2, 200), generator=torch.Generator().manual_seed(0))
    found, expected = half.filter(x, edges), single.filter(x, edges)
    assert 0 < float((found - expected).abs().max()) < 0.02 * float(expected.abs().max())


def test_what_cannot_be_run_is_refused(tmp_path: Path) -> None:
    from codesign.gpu.fast.pipeline import FastPipeline

    with pytest.raises(ModelError, match=r"there is no pipeline\.yaml; a pipeline is a folder with it"):
        FastPipeline.load(tmp_path)
    folder = saved(tmp_path)[0]
    with pytest.raises(ConfigError, match="precision is 'bf16', expected fp32 or fp16"):
        FastPipeline.load(folder, precision="bf16")
    with pytest.raises(ConfigError, match="device is 'tpu', expected cpu or cuda"):
        FastPipeline.load(folder, device="tpu")
    if not torch.cuda.is_available():
        with pytest.raises(ToolError, match="torch finds no CUDA device here; choose the device cpu"):
            FastPipeline.load(folder, device="cuda")
    text = (folder / "pipeline.yaml").read_text()
    (folder / "pipeline.yaml").write_text(text.replace("  filter:\n    r: 1000.0\n", "  filter:\n", 1))
    with pytest.raises(ModelError, match=r"filter has 2, but the network in .* takes 6 of the two hits of an edge"):
        FastPipeline.load(folder)
    (folder / "pipeline.yaml").write_text(text)
    interaction(edge_inputs=2).save(folder / "gnn")
    with pytest.raises(ModelError, match="its edges have features of their own, which a pipeline does not make"):
        FastPipeline.load(folder)


def test_features_and_directions_are_those_of_the_tracking_package() -> None:
    from codesign.gpu.fast import features as fast
    from codesign.gpu.tracking import features, pipeline

    hits = np.random.default_rng(0).normal(size=(500, 3)).astype(np.float32) * 300
    assert list(fast.FEATURES) == list(features.FEATURES)
    scales = dict.fromkeys(features.FEATURES, 3.0)
    found = fast.features(torch.from_numpy(hits), scales).numpy()
    # Computed in float64: the last bit of float32 at most.
    np.testing.assert_array_max_ulp(found, features.features(hits, scales), 1)
    edges = np.random.default_rng(1).integers(0, 500, (2, 900))
    hits[:250] = hits[250:] * np.float32(-1)  # equally far
    found = fast.outwards(torch.from_numpy(hits), torch.from_numpy(edges)).numpy()
    np.testing.assert_array_equal(found, pipeline.outwards(hits, edges))


def test_sizes_of_recorded_graphs_hold_what_is_asked_and_little_more() -> None:
    from codesign.gpu.fast.buckets import bucket

    sizes = [*range(1, 5000, 7), 100_000, 1_000_003]
    assert all(size <= bucket(size) <= max(1024, 1.19 * size + 1) for size in sizes)
    assert all(bucket(bucket(size)) == bucket(size) for size in sizes)
    assert len({bucket(size) for size in range(1, 5000)}) == 11


def test_padding_changes_no_logit() -> None:
    from codesign.gpu.fast.buckets import padded
    from codesign.gpu.fast.interaction import FastInteraction, adjacency
    from tests.gpu.fast import pipelines

    network = FastInteraction(pipelines.modules()["gnn"], torch.device("cpu"), torch.float32, kernels=False)
    x, edges = torch.randn(40, 3), torch.randint(0, 40, (2, 120))
    near = adjacency(40, edges)
    with torch.inference_mode():
        found = network(*padded(x, near, 64, 200))[:120]
        # The same sums; a product of more rows may be blocked in another way.
        torch.testing.assert_close(found, network(x, near), atol=2e-6, rtol=2e-6)
