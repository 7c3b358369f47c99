"""Where a scan keeps its trials: a study in Optuna's relational storage, one row per finished point.

A trial is written when its point is finished, in one transaction, and never before: whatever kills a scan, the store
holds whole trials only, and what was in flight is done again. Trials are known by the content of their point.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from codesign.errors import ConfigError, OutputError, ToolError
from codesign.ir.fixed import MAX_WIDTH
from codesign.scan.evaluate import Outcome
from codesign.scan.space import digest, read

try:
    import optuna
    from optuna.distributions import BaseDistribution, IntDistribution
    from optuna.exceptions import DuplicatedStudyError, StorageInternalError
    from optuna.study import StudyDirection
    from optuna.trial import FrozenTrial, TrialState
    from sqlalchemy import URL
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
except ImportError as missing:
    raise ToolError("a scan keeps its trials with Optuna, which is missing: pip install 'codesign[scan]'") from missing

SCHEMA = 1
"""Counts up when stored trials change their meaning."""
_IDENTITY, _OUTCOME, _DIGEST, _FAILED = "codesign", "outcome", "digest", "failed"

Identity = Mapping[str, str]
"""What trials depend on apart from their point, by names for messages."""


@dataclass
class Store:
    """The trials of one scan. Several processes may write to one store; each point is taken once."""

    study: optuna.Study
    known: dict[str, Outcome] = field(default_factory=dict)
    """By the digest of the point, in the order in which they were finished."""
    failed: dict[str, str] = field(default_factory=dict)
    """By the same, why there is no network."""

    @classmethod
    def open(cls, url: str, name: str, identity: Identity, maximize: bool) -> Store:
        """The study `name` of the database, made if there is none, with the trials that it has.

        ConfigError where the study is of something else, OutputError where the database cannot be used.
        """
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        shown = _without_password(url)
        try:
            study = _study(url, name, maximize)
            there = study.user_attrs.get(_IDENTITY)
            if there is None and not study.get_trials(deepcopy=False):
                study.set_user_attr(_IDENTITY, dict(identity))
                there = dict(identity)
            found = cls(study)
            _check(there, identity, f"{shown}: the scan {name!r}")
            found.refresh()
        except (ArgumentError, NoSuchModuleError) as error:
            raise ConfigError(f"{shown}: this is no database; give e.g. sqlite:///scan.db: {error}") from error
        except (SQLAlchemyError, StorageInternalError, ImportError, RuntimeError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise OutputError(f"{shown}: the store cannot be used: {reason}; give another --store") from error
        return found

    def refresh(self) -> None:
        """Takes up what other processes have finished."""
        for trial in self.study.get_trials(deepcopy=False):
            key = trial.user_attrs.get(_DIGEST)
            if key is None or key in self.known or key in self.failed:
                continue
            if trial.state is TrialState.COMPLETE:
                self.known[key] = Outcome(**trial.user_attrs[_OUTCOME])
            elif _FAILED in trial.user_attrs:
                self.failed[key] = trial.user_attrs[_FAILED]

    def done(self, key: str) -> bool:
        """Whether the point of this digest needs no evaluation."""
        return key in self.known or key in self.failed

    def add(self, types: Mapping[str, str], found: Mapping[str, Any]) -> None:
        """Keeps what `evaluated` found for a point, unless it is known."""
        point = read(types)
        key = digest(point)
        if key in self.known or key in self.failed:
            return
        params = {site: fixed.width for site, fixed in point.items()}
        distributions: dict[str, BaseDistribution] = {site: IntDistribution(1, MAX_WIDTH) for site in point}
        if _FAILED in found:
            attributes = {_DIGEST: key, "types": dict(types), _FAILED: found[_FAILED]}
            trial = optuna.create_trial(
                state=TrialState.FAIL, params=params, distributions=distributions, user_attrs=attributes
            )
            self.failed[key] = str(found[_FAILED])
        else:
            outcome = Outcome(**found)
            trial = optuna.create_trial(
                value=outcome.value,
                params=params,
                distributions=distributions,
                user_attrs={_DIGEST: key, _OUTCOME: dict(found)},
            )
            self.known[key] = outcome
        self._write(trial)

    def _write(self, trial: FrozenTrial) -> None:
        try:
            self.study.add_trial(trial)
        except (SQLAlchemyError, StorageInternalError) as error:
            reason = str(error).splitlines()[0]
            raise OutputError(f"the store cannot be written: {reason}; what is in it stays; start again") from error


def sqlite_url(path: Path) -> str:
    """The URL of a SQLite file, whatever its name is made of."""
    return URL.create("sqlite", database=str(path.resolve())).render_as_string(hide_password=False)


def _study(url: str, name: str, maximize: bool) -> optuna.Study:
    """The study, loaded or made; another process may be making it too."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        storage = optuna.storages.RDBStorage(url, engine_kwargs={"connect_args": _arguments(url)})
        direction = StudyDirection.MAXIMIZE if maximize else StudyDirection.MINIMIZE
        try:
            return optuna.create_study(storage=storage, study_name=name, direction=direction)
        except DuplicatedStudyError:
            return optuna.load_study(study_name=name, storage=storage)


def _arguments(url: str) -> dict[str, object]:
    """SQLite waits so many seconds for another writer."""
    return {"timeout": 60} if url.startswith("sqlite:") else {}


def _check(there: object, identity: Identity, where: str) -> None:
    """ConfigError that says in what the stored scan differs from this one."""
    if not isinstance(there, dict):
        raise ConfigError(f"{where} was not made by codesign; give another --store, or another --name")
    differ = [key for key in {**there, **identity} if there.get(key) != identity.get(key)]
    if differ:
        told = "; ".join(f"{k}: {_short(there.get(k))} there, {_short(identity.get(k))} here" for k in differ)
        raise ConfigError(f"{where} is of something else ({told}); give another --store or --name, or remove the store")


def _short(value: object) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _without_password(url: str) -> str:
    """The URL as messages show it."""
    head, at, tail = url.rpartition("@")
    if not at or "://" not in head:
        return url
    scheme, _, who = head.partition("://")
    return f"{scheme}://{who.split(':')[0]}@{tail}"
