"""Run with TRITON_INTERPRET=1: the search and the components by kernels, against scipy."""

import numpy as np
import torch

from codesign.gpu.fast.components import connected_components
from codesign.gpu.fast.radius import radius_graph
from codesign.gpu.tracking import graphs, labelling

random = np.random.default_rng(0)


def same_pairs(points: np.ndarray, radius: float, most: int | None = None) -> None:
    found = radius_graph(torch.from_numpy(points.astype(np.float32)), radius, most, kernels=True)
    expected = graphs.radius_graph(points.astype(np.float32), radius, most)
    np.testing.assert_array_equal(found.numpy(), expected)


def same_tracks(n: int, edges: np.ndarray, least: int) -> None:
    found = connected_components(n, torch.from_numpy(edges), least, kernels=True)
    np.testing.assert_array_equal(found.numpy(), labelling.connected_components(n, edges, least))


for n in (0, 1, 2):
    same_pairs(np.zeros((n, 3)), 1.0)
same_pairs(random.normal(size=(24, 8)), 2.2)
same_pairs(random.normal(size=(24, 2)), 0.5, 2)
same_pairs(random.integers(0, 3, (14, 3)), 1.0)  # duplicates, and distances that are the radius
same_pairs(random.integers(0, 3, (10, 5)), 2.0)

for n, m in ((0, 0), (3, 0), (1, 1), (40, 20), (200, 190), (100, 400)):
    same_tracks(n, random.integers(0, max(n, 1), (2, m)), 2)
chain = random.permutation(300)
same_tracks(300, np.stack([chain[:-1], chain[1:]]), 3)  # one long path, in a random order
print("equal")
