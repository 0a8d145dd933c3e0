"""Where to call, as whom, and how long; and the one place that sends."""

import os
import random
import sys
import time
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

import grpc
from mahila.type.v1.reason_pb2 import RETRY_SAME

from help_desk.refusal import Refusal

# One attempt. The server is told (grpc-timeout) and stops working on what nobody waits for.
DEADLINE = 5.0
# All attempts of one request together.
PATIENCE = 60.0
# Of the waits between attempts.
SHORTEST, LONGEST = 0.05, 2.0

OPTIONS = [
    # A connection that died without a word is found out within 20 s; the suite's servers allow these pings.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    # A server that restarts is back in moments; gRPC's own backoff would grow to two minutes.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    # Sending again is decided here, by the contract's table.
    ("grpc.enable_retries", 0),
]


Request = TypeVar("Request", contravariant=True)
Response = TypeVar("Response", covariant=True)


class Call(Protocol[Request, Response]):
    """A method of a generated stub that takes one message and gives one."""

    def __call__(
        self, request: Request, timeout: float | None = None, metadata: tuple[tuple[str, str], ...] | None = None
    ) -> Response: ...


class Connection:
    """A server of the suite, and who calls it."""

    def __init__(self, address: str, token: str | None = None, authority: bytes | None = None) -> None:
        url = urlsplit(address)
        if url.scheme == "https":
            # Without an authority gRPC's own list of public ones is trusted.
            credentials = grpc.ssl_channel_credentials(root_certificates=authority)
            self.channel = grpc.secure_channel(url.netloc, credentials, OPTIONS)
        elif url.scheme == "http":
            self.channel = grpc.insecure_channel(url.netloc, OPTIONS)
        else:
            raise ValueError(f"{address!r} is not an address such as http://127.0.0.1:7100")
        self.metadata = (("authorization", f"Bearer {token}"),) if token else ()

    @classmethod
    def of_environment(cls) -> "Connection":
        """As `mahila` itself: MAHILA_ADDRESS, MAHILA_TOKEN, MAHILA_CA (a file)."""
        ca = os.environ.get("MAHILA_CA")
        return cls(
            os.environ.get("MAHILA_ADDRESS", "http://127.0.0.1:7100"),
            os.environ.get("MAHILA_TOKEN"),
            Path(ca).read_bytes() if ca else None,
        )

    def send(self, call: Call[Request, Response], request: Request, deadline: float = DEADLINE) -> Response:
        """Sends until it is answered or refused for good. A request that writes needs its `request_id` by now: the same
        bytes go out each time, and whatever the first of them did is answered, not done again."""
        give_up, attempt = time.monotonic() + PATIENCE, 0
        while True:
            try:
                return call(request, timeout=deadline, metadata=self.metadata)
            except grpc.RpcError as error:
                refusal = Refusal(error)
            pause = wait(refusal, attempt)
            if refusal.retry != RETRY_SAME or time.monotonic() + pause > give_up:
                raise refusal
            attempt += 1
            print(f"sending again: {refusal.reason or refusal}", file=sys.stderr, flush=True)
            time.sleep(pause)


def wait(refusal: Refusal, attempt: int) -> float:
    """What the server asked for, or a backoff with jitter where that is longer: a thousand desks must not come back at once."""
    backoff = min(LONGEST, SHORTEST * 2.0**attempt)
    return max(refusal.delay, backoff * random.uniform(0.5, 1.0))
