"""A server in this process that speaks the protocol of Triton and can be told to misbehave."""

from __future__ import annotations

import json
import struct
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise

import grpc
import numpy as np
from google.protobuf import json_format, text_format
from tritonclient.grpc import service_pb2 as pb
from tritonclient.grpc import service_pb2_grpc

from codesign.gpu.triton.config import Batching
from codesign.gpu.triton.repository import Serving, labels_model

RULE = {"labeller.py": b"# any"}
Answer = dict[str, np.ndarray]


@dataclass
class Stub(service_pb2_grpc.GRPCInferenceServiceServicer):
    """Labels hits with their x, as our own model.py does: a hit at x = -666 makes its event bad."""

    batching: Batching | None = None
    spoil: Callable[[Answer], None] = lambda answer: None
    """Changes an answer before it is sent."""
    delay: float = 0.0
    abort: tuple[grpc.StatusCode, str] | None = None
    config: dict[str, object] = field(default_factory=dict)
    """Added to what is told of the model."""
    digest: str = ""
    """Which model it says it is; by default the true one."""
    requests: list[int] = field(default_factory=list)
    """The events of each request."""
    busy: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.model = labels_model(Serving(batching=self.batching), RULE).config
        if self.digest:
            self.model = replace(self.model, parameters={**self.model.parameters, "digest": self.digest})

    def ModelConfig(self, request: pb.ModelConfigRequest, context: grpc.ServicerContext) -> pb.ModelConfigResponse:  # noqa: N802
        if request.name != "tracking":
            context.abort(grpc.StatusCode.NOT_FOUND, f"Request for unknown model: '{request.name}' is not found")
        response = pb.ModelConfigResponse()
        text_format.Parse(self.model.text(), response.config)
        json_format.Parse(json.dumps(self.config), response.config)
        return response

    def ModelInfer(self, request: pb.ModelInferRequest, context: grpc.ServicerContext) -> pb.ModelInferResponse:  # noqa: N802
        self.busy.set()
        time.sleep(self.delay)
        if self.abort is not None:
            context.abort(*self.abort)
        hits = np.frombuffer(request.raw_input_contents[0], np.float32).reshape(request.inputs[0].shape)
        ends = np.array([0, hits.shape[-2]])
        if len(request.inputs) > 1:
            ends = np.frombuffer(request.raw_input_contents[1], np.int64)
        self.requests.append(len(ends) - 1)
        labels = hits[..., 0].astype(np.int64)
        bad = [bool((hits[..., a:b, 0] == -666).any()) for a, b in pairwise(ends)]
        if len(request.inputs) == 1 and bad[0]:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "hit 0 is bad")
        told = self.model.parameters["digest"].encode()
        answer = {
            "LABELS": np.where(labels == -666, -1, labels),
            "PROBLEMS": np.array([b"hit 0 is bad" if b else b"" for b in bad], dtype=np.object_),
            "MODEL": np.array([told], dtype=np.object_),
        }
        self.spoil(answer)
        response = pb.ModelInferResponse(model_name="tracking", model_version="1")
        for name, array in answer.items():
            kind = {"O": "BYTES", "i": f"INT{8 * array.itemsize}"}[array.dtype.kind]
            response.outputs.add(name=name, datatype=kind, shape=array.shape)
            texts = [struct.pack("<I", len(text)) + text for text in array.flat] if kind == "BYTES" else []
            response.raw_output_contents.append(b"".join(texts) if texts else array.tobytes())
        return response


@contextmanager
def listening(stub: Stub, port: int = 0) -> Iterator[tuple[str, grpc.Server]]:
    """The address of the stub, which answers until the block ends or the server is stopped."""
    server = grpc.server(ThreadPoolExecutor(8), options=[("grpc.so_reuseport", 0)])
    service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(stub, server)
    url = f"127.0.0.1:{server.add_insecure_port(f'127.0.0.1:{port}')}"
    server.start()
    try:
        yield url, server
    finally:
        server.stop(None).wait()
