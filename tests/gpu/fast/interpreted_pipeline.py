"""Run with TRITON_INTERPRET=1: the whole pipeline by kernels against plain torch and scipy."""

import numpy as np
import torch

from codesign.gpu.fast.pipeline import FastPipeline
from tests.gpu.fast import pipelines

torch.set_num_threads(1)
settings, modules = pipelines.settings(filter_cut=0.3, gnn_cut=0.5), pipelines.modules()
hits = pipelines.event(40).hits
plain, fast = (FastPipeline(settings, modules, kernels=kernels) for kernels in (False, True))
expected, found = plain.stages(hits), fast.stages(hits)
assert expected.edges.shape[1] > 5 and expected.labels.max() > 0
np.testing.assert_array_equal(found.graph, expected.graph)
np.testing.assert_array_equal(found.edges, expected.edges)
np.testing.assert_allclose(found.scores, expected.scores, atol=5e-6, rtol=0)
np.testing.assert_array_equal(found.labels, expected.labels)
print("equal")
