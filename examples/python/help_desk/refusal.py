"""Why a call failed, and whether to send it again, by the table that the contract carries."""

from typing import TypeVar

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message
from google.rpc import error_details_pb2 as details
from grpc_status import rpc_status
from mahila.type.v1 import reason_pb2
from mahila.type.v1.reason_pb2 import RETRY_NEVER, RETRY_SAME, Reason, Retry

Detail = TypeVar("Detail", bound=Message)

DOMAIN = "mahila.up.gov.in"

# Without any details nobody refused the call: the connection broke, or the time was up. What was done is not done again.
BROKEN = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.UNKNOWN,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.ABORTED,
}
# With a reason of a later release than these stubs.
LATER = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}


def advice(code: grpc.StatusCode, reason: str | None) -> Retry.ValueType:
    """Whether to send again. A reason of `None`: there were no details."""
    if reason is None:
        return RETRY_SAME if code in BROKEN else RETRY_NEVER
    known = Reason.DESCRIPTOR.values_by_name.get(f"REASON_{reason}")
    if known is None:
        return RETRY_SAME if code in LATER else RETRY_NEVER
    # The advice is an option of the enum's value, so the table comes with the stubs.
    doc: reason_pb2.ReasonDoc = known.GetOptions().Extensions[reason_pb2.doc]
    return doc.retry


class Refusal(Exception):
    """What google.rpc.Status in the trailers says (AIP-193)."""

    def __init__(self, error: grpc.RpcError) -> None:
        assert isinstance(error, grpc.Call), "an RpcError of a call is the call itself"
        self.code: grpc.StatusCode = error.code()
        super().__init__(f"{self.code.name}: {error.details()}")
        self.reason: str | None = None
        self.metadata: dict[str, str] = {}
        self.violations: list[tuple[str, str]] = []
        self.messages: dict[str, str] = {}
        self.delay: float = 0.0
        status = rpc_status.from_call(error)
        for packed in status.details if status else ():
            if (info := unpacked(packed, details.ErrorInfo())) and info.domain == DOMAIN:
                self.reason, self.metadata = info.reason, dict(info.metadata)
            elif bad := unpacked(packed, details.BadRequest()):
                self.violations = [(each.field, each.description) for each in bad.field_violations]
            elif retry := unpacked(packed, details.RetryInfo()):
                self.delay = retry.retry_delay.ToTimedelta().total_seconds()
            elif text := unpacked(packed, details.LocalizedMessage()):
                self.messages[text.locale] = text.message
        self.retry: Retry.ValueType = advice(self.code, self.reason or ("" if status else None))


def unpacked(packed: Any, message: Detail) -> Detail | None:
    return message if packed.Unpack(message) else None
