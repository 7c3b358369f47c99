"""The model of the Python backend of Triton: FEATURES FP32 [n, 3], hits in mm, to LABELS INT64 [n], their tracks.

Several events in one request come with ROW_SPLITS INT64 [events + 1], the rows at which each begins and the last ends.
PROBLEMS then has a text for each event, empty where it was labelled; LABELS are -1 where it was not. A request for one
event gets an error instead. With a batch axis (max_batch_size above 0) every request is one event [1, n, 3].

Needs numpy, and what labeller.py beside it imports.
"""

import hashlib
import itertools
import json
import os
import sys
import traceback

import numpy as np
import triton_python_backend_utils as pb_utils

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)


class TritonPythonModel:
    """Labels each event on its own, so that the labels do not depend on what else is in the batch."""

    def initialize(self, args):
        """Reads the files of this folder, which must be those that the model was exported with."""
        config = json.loads(args["model_config"])
        told = {name: value["string_value"] for name, value in config["parameters"].items()}
        found = digest(HERE)
        if found != told["files"]:
            raise pb_utils.TritonModelException(
                f"{HERE}: its files have the digest {found}, config.pbtxt says {told['files']}; export the model again"
            )
        import labeller

        self.bad_event = labeller.BadEvent
        self.batched = config["max_batch_size"] > 0
        self.most = int(told["max_hits"])
        self.name = told["digest"].encode()
        self.label = labeller.load(HERE, threads=int(told["threads"]), gpu=args["model_instance_kind"] == "GPU")

    def execute(self, requests):
        """A response for every request: what is wrong with one is no matter to the others."""
        return [self.respond(request) for request in requests]

    def respond(self, request):
        """The labels of a request, or an error that says why there are none."""
        try:
            hits, ends, single = self.events(request)
            labels = np.full(len(hits), -1, np.int64)
            problems = []
            for first, last in itertools.pairwise(ends):
                labels[first:last], problem = self.labelled(hits[first:last])
                problems.append(problem)
        except BadRequest as error:
            return refusal(str(error))
        wanted = request.requested_output_names()
        wrong = [i for i, problem in enumerate(problems) if problem]
        if wrong and single:
            return refusal(problems[0])
        if wrong and "PROBLEMS" not in wanted:
            return refusal(f"event {wrong[0]}: {problems[wrong[0]]}; ask for PROBLEMS to have the labels of the others")
        texts = np.array([p.encode("utf-8", "replace") for p in problems], dtype=np.object_)
        outputs = {
            "LABELS": labels[None] if self.batched else labels,
            "PROBLEMS": texts[None] if self.batched else texts,
            "MODEL": np.array([[self.name]] if self.batched else [self.name], dtype=np.object_),
        }
        return pb_utils.InferenceResponse([pb_utils.Tensor(k, v) for k, v in outputs.items() if k in wanted])

    def events(self, request):
        """The hits (n, 3) of a request, the rows at which its events begin and end, and whether it is for one event."""
        hits = pb_utils.get_input_tensor_by_name(request, "FEATURES").as_numpy()
        if self.batched:
            if hits.shape[0] != 1:
                raise BadRequest(f"FEATURES has the shape {list(hits.shape)}, expected one event [1, n, 3]")
            hits = hits[0]
        splits = None if self.batched else pb_utils.get_input_tensor_by_name(request, "ROW_SPLITS")
        if splits is None:
            return hits, np.array([0, len(hits)]), True
        ends = splits.as_numpy()
        if len(ends) < 1 or ends[0] != 0 or ends[-1] != len(hits) or (ends[1:] < ends[:-1]).any():
            shown = f"{ends[:8].tolist()}{'...' if len(ends) > 8 else ''}"
            raise BadRequest(
                f"ROW_SPLITS is {shown}, expected 0 first, {len(hits)} hits last, and none below the one before"
            )
        return hits, ends, False

    def labelled(self, hits):
        """The labels of one event, and what is wrong with it."""
        nothing = np.full(len(hits), -1, np.int64)
        if len(hits) > self.most:
            return nothing, f"an event of {len(hits)} hits; this model takes at most {self.most}"
        bad = ~np.isfinite(hits).all(axis=1)
        if bad.any():
            row = int(np.argmax(bad))
            return nothing, f"hit {row} has the coordinates {hits[row].tolist()}; leave such hits out"
        if not len(hits):
            return nothing, ""
        try:
            labels = self.label(hits)
        except self.bad_event as error:
            return nothing, str(error)
        except Exception as error:  # whatever this event does, the server goes on, and its batch mates have answers
            pb_utils.Logger.log_error(traceback.format_exc())
            return nothing, f"the model failed: {type(error).__name__}: {error}"
        if labels.shape != (len(hits),) or labels.dtype != np.int64:
            return nothing, f"the labels came out as {labels.dtype} of shape {list(labels.shape)}"
        return labels, ""


class BadRequest(Exception):
    """The request cannot be taken apart into events."""


def refusal(why):
    """The response to a request that has no labels."""
    return pb_utils.InferenceResponse(error=pb_utils.TritonError(why, pb_utils.TritonError.INVALID_ARG))


def digest(folder):
    """The sha256 over the files of a folder: for each in the order of its path, the path, the length and the bytes."""
    total = hashlib.sha256()
    names = [
        os.path.join(at, name) for at, _, names in os.walk(folder) if not at.endswith("__pycache__") for name in names
    ]
    for path in sorted(os.path.relpath(name, folder).replace(os.sep, "/") for name in names):
        with open(os.path.join(folder, path), "rb") as file:
            content = file.read()
        total.update(f"{path}\0{len(content)}\0".encode() + content)
    return "sha256:" + total.hexdigest()
