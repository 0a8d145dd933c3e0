"""The calls of a desk: a complaint, its receipt, who looks it up, what is there."""

import uuid
from collections.abc import Iterator

from mahila.intake.v1 import complaint_pb2, intake_pb2, vocabulary_pb2
from mahila.intake.v1.intake_pb2_grpc import IntakeServiceStub
from mahila.type.v1.reason_pb2 import RETRY_AFTER_READ

from help_desk.connection import Connection
from help_desk.refusal import Refusal


class Complaints:
    """Intake, as a desk uses it."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.intake = IntakeServiceStub(connection.channel)

    def register(
        self, station: str, category: vocabulary_pb2.Category.ValueType, request_id: str | None = None
    ) -> complaint_pb2.Complaint:
        """A woman who came to the desk. The persons are invented."""
        request = intake_pb2.RegisterComplaintRequest(
            # Made before the first attempt and kept with the request: a device that lost its power sends it again tomorrow.
            request_id=request_id or str(uuid.uuid4()),
            station=station,
            channel=vocabulary_pb2.CHANNEL_WALK_IN,
            category=category,
            safe_contact=complaint_pb2.SafeContact(mode=vocabulary_pb2.CONTACT_MODE_NEVER),
            persons=[
                complaint_pb2.Person(role=vocabulary_pb2.PERSON_ROLE_COMPLAINANT, name="नमूना शिकायतकर्ता", age_years=30),
                complaint_pb2.Person(role=vocabulary_pb2.PERSON_ROLE_RESPONDENT, name="Sample Respondent"),
            ],
            narrative="यह एक काल्पनिक शिकायत है। An invented complaint.",
        )
        return self.connection.send(self.intake.RegisterComplaint, request)

    def receipt(self, complaint: str) -> complaint_pb2.Receipt:
        """What she gets on paper."""
        return self.connection.send(self.intake.GetReceipt, intake_pb2.GetReceiptRequest(name=complaint))

    def track(self, receipt_no: str, secret: str) -> intake_pb2.TrackComplaintResponse:
        """Where it stands, for whoever holds the paper; no token is asked."""
        request = intake_pb2.TrackComplaintRequest(receipt_no=receipt_no, secret=secret)
        return self.connection.send(self.intake.TrackComplaint, request)

    def acknowledge(self, complaint: str, etag: str | None = None) -> complaint_pb2.Complaint:
        """She took the receipt. `etag`: of the complaint as the caller's screen shows it; absent: read now."""
        while True:
            if etag is None:
                read = intake_pb2.GetComplaintRequest(name=complaint)
                etag = self.connection.send(self.intake.GetComplaint, read).etag
            request = intake_pb2.AcknowledgeComplaintRequest(
                request_id=str(uuid.uuid4()), name=complaint, etag=etag, receipt_taken=True
            )
            try:
                return self.connection.send(self.intake.AcknowledgeComplaint, request)
            except Refusal as refusal:
                # Only this one: what else is to be read again (a state that forbids it) is for a person to decide.
                if refusal.retry != RETRY_AFTER_READ or refusal.reason != "ETAG_MISMATCH":
                    raise
                print("reading again: ETAG_MISMATCH")
                etag = None

    def pages(self, parent: str, page_size: int) -> Iterator[intake_pb2.ListComplaintsResponse]:
        """Every page, newest complaints first. A token belongs to its request: nothing else of it may change between pages."""
        request = intake_pb2.ListComplaintsRequest(
            filter=intake_pb2.ComplaintFilter(parent=parent), page_size=page_size
        )
        while True:
            page = self.connection.send(self.intake.ListComplaints, request)
            yield page
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token
