"""Whether a server answers, asked over gRPC."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tritonclient.grpc import InferenceServerClient
from tritonclient.utils import InferenceServerException

from codesign.errors import ConfigError

_SECONDS = 2.0
_URL = re.compile(r"([A-Za-z0-9_.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]):([0-9]{1,5})", re.ASCII)

CHANNEL: tuple[tuple[str, int], ...] = (
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    ("grpc.use_local_subchannel_pool", 1),  # a new channel knows nothing of how an earlier one failed
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),  # by default minutes
    ("grpc.enable_http_proxy", 0),
)
"""Settings of every channel: a server that is back is found within a second, and no proxy is asked for it."""


def checked_url(url: str) -> str:
    """The address, if it is host:port, as gRPC takes it; ConfigError otherwise."""
    found = _URL.fullmatch(url)
    if found is None or not 1 <= int(found[2]) <= 65535:
        raise ConfigError(f"the address {url[:300]!r} is none; expected host:port of gRPC, such as 127.0.0.1:8001")
    return url


def answers(url: str, names: Sequence[str]) -> int:
    """How many of the models a server is ready to run; 0 where it does not answer."""
    client = InferenceServerClient(url, channel_args=list(CHANNEL))
    try:
        if not client.is_server_live(client_timeout=_SECONDS):
            return 0
        return sum(bool(client.is_model_ready(name, client_timeout=_SECONDS)) for name in names)
    except InferenceServerException:
        return 0
    finally:
        client.close()
