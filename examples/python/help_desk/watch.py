"""A stream that is followed for as long as somebody wants to know."""

import sys
import time
from collections.abc import Iterator

import grpc
from mahila.intake.v1 import intake_pb2
from mahila.intake.v1.intake_pb2_grpc import IntakeServiceStub
from mahila.type.v1.reason_pb2 import RETRY_SAME

from help_desk.connection import Connection, wait
from help_desk.refusal import Refusal


def watch(connection: Connection, parent: str, resume_token: str) -> Iterator[intake_pb2.WatchComplaintsResponse]:
    """Complaints as they are, then each as it changes, over every interruption. Whoever keeps `resume_token` after what the
    message says has taken effect misses nothing; the last messages may come twice."""
    intake, attempt = IntakeServiceStub(connection.channel), 0
    while True:
        request = intake_pb2.WatchComplaintsRequest(parent=parent, resume_token=resume_token)
        try:
            # No deadline: it ends when the server stops. Heartbeats come every five seconds, and keepalive finds a dead line.
            for message in intake.WatchComplaints(request, metadata=connection.metadata):
                resume_token, attempt = message.resume_token, 0
                yield message
            continue
        except grpc.RpcError as error:
            refusal = Refusal(error)
        if refusal.reason == "EPOCH_CHANGED":
            # The database was restored from a backup: what was told may never have been. From nothing.
            resume_token = ""
        elif refusal.retry != RETRY_SAME:
            raise refusal
        print(f"resuming: {refusal.reason or refusal}", file=sys.stderr, flush=True)
        time.sleep(wait(refusal, attempt))
        attempt += 1
