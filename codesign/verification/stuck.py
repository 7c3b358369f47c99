"""Why a simulation does not come to its end: the chain of processes that wait for each other, down to its root."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Report = Mapping[str, Any]
"""What the bench wrote: how it ended, and for each port, process and stream how far it came."""


def why_stuck(report: Report, streams: Mapping[str, str], samples: int) -> str:
    """One line; `streams` is the stream of each port by its name."""
    head = f"after {report['cycles']} cycles"
    late = next((p for p in report["outputs"] if not p["ended"]), None)
    if late is None:
        port = next(p for p in report["inputs"] if not p["ended"])
        return f"{head} all outputs have given {samples} samples, but input {port['name']} is not read to its end"
    stream = _stream(report, streams[late["name"]])
    if report["end"] == "silent":
        return (
            f"{head} the processes still work, but no beat comes in or out; output {late['name']} waits for "
            f"beat {stream['written'] + 1}"
        )
    return f"{head} nothing moves; output {late['name']} waits for {stream['name']}; " + "; ".join(
        _chain(report, streams, stream["name"])
    )


def _chain(report: Report, streams: Mapping[str, str], empty: str) -> list[str]:
    """Who waits for what, from a stream that is empty on; ends at a port, or where a process comes again."""
    writer = {w["stream"]: w["process"] for w in report["writes"]}
    reader = {r["stream"]: r["process"] for r in report["reads"]}
    seen: list[str] = []
    told: list[str] = []
    full: list[str] = []
    process: str | None = writer.get(empty)
    while process is not None:
        if process in seen:
            return [*told, _circle(seen[seen.index(process) :], full)]
        seen.append(process)
        room = next((w["stream"] for w in report["writes"] if w["process"] == process and w["waits"]), None)
        beat = next((r["stream"] for r in report["reads"] if r["process"] == process and r["waits"]), None)
        if room is not None:
            s = _stream(report, room)
            told.append(f"{process} waits for room in {room}, which is full ({s['left']} of {s['depth']})")
            full.append(room)
            process = reader.get(room)
            if process is None:
                told.append(f"{room} is read by an output of the design, which takes all")
        elif beat is not None:
            told.append(f"{process} waits for a beat of {beat}, which is empty")
            process = writer.get(beat)
            if process is None:
                port = next(name for name, stream in streams.items() if stream == beat)
                told.append(f"input {port} has given {_stream(report, beat)['written']} beats, which is all")
        else:
            told.append(f"{process} waits for no stream, and does nothing")
            process = None
    return told


def _circle(processes: list[str], full: list[str]) -> str:
    """What closes the chain."""
    around = ", ".join(processes)
    if not full:
        return f"{around} wait for each other in a circle, and none of their streams is full"
    deeper = " and ".join(full)
    return f"{around} wait for each other in a circle; where paths part and meet again, {deeper} must be deeper"


def _stream(report: Report, name: str) -> Any:
    return next(s for s in report["streams"] if s["name"] == name)
