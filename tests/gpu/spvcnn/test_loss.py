"""Object condensation, checked by hand and against a loop over points and objects."""

from dataclasses import replace

import numpy as np
import pytest

from codesign.errors import ConfigError, ModelError

pytestmark = pytest.mark.gpu


def losses(condensation: object = None, **given: object) -> dict[str, float]:
    """The parts of the loss of given lists."""
    torch = pytest.importorskip("torch")
    from codesign.gpu.spvcnn.loss import Condensation

    floats = ("semantic", "beta", "embedding", "energy")
    tensors = {k: torch.tensor(v, dtype=torch.float64 if k in floats else torch.int64) for k, v in given.items()}
    n = len(tensors["beta"])
    tensors.setdefault("semantic", torch.zeros(n, 2, dtype=torch.float64))
    tensors.setdefault("classes", torch.zeros(n, dtype=torch.int64))
    found = (condensation or Condensation())(**tensors)
    return {k: v.item() for k, v in found._asdict().items()}


def charge(beta: float, q_min: float = 0.1) -> float:
    return float(np.arctanh(beta) ** 2 + q_min)


def test_an_object_draws_its_points_to_the_one_of_the_largest_charge() -> None:
    found = losses(beta=[0.8, 0.2], embedding=[[0.0], [0.5]], objects=[7, 7], energy=[1.0, 1.0])
    assert found["attraction"] == pytest.approx((0 + charge(0.2) * 0.25 * charge(0.8)) / 2, abs=1e-12)
    assert found["repulsion"] == 0
    assert found["beta"] == pytest.approx(0.2, abs=1e-12)


def test_objects_push_each_other_up_to_a_distance_of_one() -> None:
    near = losses(beta=[0.8, 0.5], embedding=[[0.0], [0.25]], objects=[0, 1], energy=[1.0, 1.0])
    # Each of the two points is pushed by the other's object. The slope-keeping term moves a distance by 1e-12 at most.
    assert near["repulsion"] == pytest.approx(2 * charge(0.8) * charge(0.5) * 0.75 / 2, abs=1e-9)
    assert near["attraction"] == 0
    far = losses(beta=[0.8, 0.5], embedding=[[0.0], [1.25]], objects=[0, 1], energy=[1.0, 1.0])
    assert far["repulsion"] == 0


def test_noise_is_pushed_by_objects_and_wants_no_beta() -> None:
    found = losses(beta=[0.8, 0.5], embedding=[[0.0], [0.25]], objects=[3, -1], energy=[3.0, 1.0])
    assert found["noise"] == pytest.approx(0.5, abs=1e-12)
    assert found["repulsion"] == pytest.approx(charge(0.5) * charge(0.8) * 0.75 * 1 / 4, abs=1e-9)


def test_means_are_weighted_by_energy_where_asked() -> None:
    from codesign.gpu.spvcnn.loss import Condensation

    given = {"beta": [0.8, 0.2], "embedding": [[0.0], [0.5]], "objects": [7, 7], "energy": [3.0, 1.0]}
    force = charge(0.2) * 0.25 * charge(0.8)
    assert losses(**given)["attraction"] == pytest.approx(force / 4, abs=1e-12)
    assert losses(Condensation(energy_weighted=False), **given)["attraction"] == pytest.approx(force / 2, abs=1e-12)


def test_the_condensation_point_may_be_that_of_the_largest_energy() -> None:
    from codesign.gpu.spvcnn.loss import Condensation

    given = {"beta": [0.8, 0.2], "embedding": [[0.0], [0.5]], "objects": [7, 7], "energy": [1.0, 3.0]}
    assert losses(Condensation(alpha="energy"), **given)["beta"] == pytest.approx(0.8, abs=1e-12)
    assert losses(Condensation(alpha="charge"), **given)["beta"] == pytest.approx(0.2, abs=1e-12)


def test_of_equal_charges_the_first_condenses() -> None:
    torch = pytest.importorskip("torch")
    from codesign.gpu.spvcnn.loss import condensation_points

    values, number = torch.tensor([1.0, 5.0, 5.0, 9.0, 2.0]), torch.tensor([0, 1, 1, -1, 0])
    assert condensation_points(values, number, 2).tolist() == [4, 1]


def test_objects_of_two_events_are_two_and_do_not_push() -> None:
    found = losses(beta=[0.8, 0.5], embedding=[[0.0], [0.25]], objects=[0, 0], energy=[1.0, 1.0], events=[0, 1])
    assert (found["attraction"], found["repulsion"]) == (0, 0)
    assert found["beta"] == pytest.approx((0.2 + 0.5) / 2, abs=1e-12)


@pytest.mark.parametrize("alpha", ["charge", "energy"])
@pytest.mark.parametrize("weighted", [True, False])
def test_the_sums_are_those_of_the_paper(alpha: str, weighted: bool) -> None:
    from codesign.gpu.spvcnn.loss import Condensation

    rng = np.random.default_rng(5)
    n = 40
    beta, x, energy = rng.random(n) * 0.98, rng.normal(size=(n, 3)) * 0.5, rng.random(n)
    objects, events = rng.integers(-1, 4, n), rng.integers(0, 2, n)
    q = np.arctanh(beta) ** 2 + 0.1
    pull = push = 0.0
    betas = []
    mass = energy if weighted else np.ones(n)
    for event in range(2):
        for number in range(4):
            members = [i for i in range(n) if (events[i], objects[i]) == (event, number)]
            if not members:
                continue
            best = max(members, key=lambda i: (q if alpha == "charge" else energy)[i])
            betas.append(beta[best])
            for j in (j for j in range(n) if events[j] == event):
                distance = np.linalg.norm(x[j] - x[best])
                if j in members:
                    pull += mass[j] * q[j] * q[best] * distance**2
                else:
                    push += mass[j] * q[j] * q[best] * max(0, 1 - distance)
    found = losses(
        Condensation(alpha=alpha, energy_weighted=weighted), beta=beta.tolist(), embedding=x.tolist(),
        objects=objects.tolist(), energy=energy.tolist(), events=events.tolist(),
    )  # fmt: skip
    assert found["attraction"] == pytest.approx(pull / mass.sum(), abs=1e-9)
    assert found["repulsion"] == pytest.approx(push / mass.sum(), abs=1e-9)
    assert found["beta"] == pytest.approx(1 - np.mean(betas), abs=1e-12)
    noise = objects < 0
    assert found["noise"] == pytest.approx((beta * mass)[noise].sum() / mass[noise].sum(), abs=1e-12)


def test_the_semantic_loss_is_the_cross_entropy_and_the_total_the_weighted_sum() -> None:
    from codesign.gpu.spvcnn.loss import Condensation

    found = losses(
        Condensation(noise=2.0, semantic=3.0), semantic=[[np.log(3), 0.0], [0.0, 0.0]], classes=[0, 1],
        beta=[0.5, 0.25], embedding=[[0.0], [0.0]], objects=[0, -1], energy=[1.0, 1.0],
    )  # fmt: skip
    assert found["semantic"] == pytest.approx((np.log(4 / 3) + np.log(2)) / 2, abs=1e-12)
    parts = found["attraction"] + found["repulsion"] + found["beta"] + 2 * found["noise"] + 3 * found["semantic"]
    assert found["total"] == pytest.approx(parts, abs=1e-12)


@pytest.mark.parametrize("objects", [[], [-1, -1]])
def test_without_objects_nothing_draws_and_the_loss_still_differentiates(objects: list[int]) -> None:
    torch = pytest.importorskip("torch")
    from codesign.gpu.spvcnn.loss import Condensation

    n = len(objects)
    beta, x = torch.full((n,), 0.5, requires_grad=True), torch.zeros(n, 2, requires_grad=True)
    found = Condensation()(
        torch.zeros(n, 2), beta, x, classes=torch.zeros(n, dtype=torch.int64),
        objects=torch.tensor(objects, dtype=torch.int64), energy=torch.ones(n),
    )  # fmt: skip
    found.total.backward()
    assert float((found.attraction + found.repulsion + found.beta).detach()) == 0
    assert bool(torch.isfinite(beta.grad).all() and torch.isfinite(x.grad).all())


def test_gradients_are_finite_where_betas_are_one_and_points_coincide() -> None:
    torch = pytest.importorskip("torch")
    from codesign.gpu.spvcnn.loss import Condensation

    beta, x = torch.tensor([1.0, 0.0, 1.0], requires_grad=True), torch.zeros(3, 2, requires_grad=True)
    found = Condensation()(
        torch.zeros(3, 2), beta, x, classes=torch.zeros(3, dtype=torch.int64), objects=torch.tensor([0, 0, 1]),
        energy=torch.ones(3),
    )  # fmt: skip
    found.total.backward()
    assert bool(torch.isfinite(beta.grad).all() and torch.isfinite(x.grad).all())


def test_of_betas_that_are_no_numbers_the_loss_is_none() -> None:
    """As a network gives them whose weights a step too far made infinite; training says so."""
    found = losses(beta=[float("nan"), float("nan")], embedding=[[0.0], [1.0]], objects=[0, 0], energy=[1.0, 1.0])
    assert np.isnan(found["total"])


def test_what_does_not_fit_is_refused() -> None:
    from codesign.gpu.spvcnn.loss import Condensation

    with pytest.raises(ConfigError, match="alpha is 'mass', expected 'charge' or 'energy'"):
        Condensation(alpha="mass")
    with pytest.raises(ConfigError, match="expected q_min > 0"):
        replace(Condensation(), q_min=0.0)
    with pytest.raises(ModelError, match="2 betas, 2 embeddings, 2 classes, 1 objects"):
        losses(beta=[0.1, 0.2], embedding=[[0.0], [0.0]], objects=[1], energy=[1.0, 1.0])
