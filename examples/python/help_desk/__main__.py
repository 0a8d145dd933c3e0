"""python -m help_desk COMMAND: each command shows one thing that a client does."""

import argparse
import sys
from datetime import date
from pathlib import Path

import grpc
from google.protobuf.descriptor import EnumDescriptor
from mahila.intake.v1 import intake_pb2, vocabulary_pb2
from mahila.oversight.v1 import statement_pb2
from mahila.registry.v1 import unit_pb2
from mahila.type.v1 import text_pb2
from mahila.type.v1.reason_pb2 import Reason, Retry

from help_desk.complaints import Complaints
from help_desk.connection import Connection
from help_desk.refusal import Refusal, advice
from help_desk.statement import statement
from help_desk.watch import watch


def label(kind: EnumDescriptor, number: int) -> str:
    """What a person reads for a value: the contract carries it in both languages."""
    value = kind.values_by_number.get(number)
    # A value of a later release than these stubs is its number.
    words = value.GetOptions().Extensions[text_pb2.label] if value else text_pb2.LocalizedText()
    return f"{words.hi} / {words.en}" if words.hi else str(number)


def register(given: argparse.Namespace) -> None:
    complaints = Complaints(Connection.of_environment())
    complaint = complaints.register(given.station, vocabulary_pb2.Category.Value(given.category), given.request_id)
    receipt = complaints.receipt(complaint.name)
    print(f"complaint: {complaint.name}")
    print(f"category: {label(vocabulary_pb2.Category.DESCRIPTOR, complaint.category)}")
    print(f"etag: {complaint.etag}")
    print(f"receipt: {receipt.receipt_no}")
    print(f"secret: {receipt.secret}")
    print(f"paper: {receipt.text.hi}")


def track(given: argparse.Namespace) -> None:
    tracked = Complaints(Connection.of_environment()).track(given.receipt, given.secret)
    print(f"state: {intake_pb2.TrackedState.Name(tracked.state)}")


def acknowledge(given: argparse.Namespace) -> None:
    complaint = Complaints(Connection.of_environment()).acknowledge(given.complaint, given.etag)
    print(f"state: {label(vocabulary_pb2.HandlingState.DESCRIPTOR, complaint.handling_state)}")


def listing(given: argparse.Namespace) -> None:
    pages = 0
    for page in Complaints(Connection.of_environment()).pages(given.parent, given.page_size):
        pages += 1
        for complaint in page.complaints:
            print(f"complaint: {complaint.name} {label(vocabulary_pb2.Category.DESCRIPTOR, complaint.category)}")
    print(f"pages: {pages}")


def watching(given: argparse.Namespace) -> None:
    kept: Path = given.resume
    changes = 0
    for message in watch(Connection.of_environment(), given.parent, kept.read_text() if kept.exists() else ""):
        # A token is kept from the end of the snapshot on: whoever breaks off before sees it whole the next time.
        live = kept.exists()
        if message.snapshot_complete:
            print("snapshot: complete", flush=True)
        elif message.HasField("complaint"):
            complaint = message.complaint
            state = label(vocabulary_pb2.HandlingState.DESCRIPTOR, complaint.handling_state)
            print(f"{'changed' if live else 'open'}: {complaint.name} {state}", flush=True)
            changes += live
        if live or message.snapshot_complete:
            # After what it says has taken effect, never before.
            kept.write_text(message.resume_token)
        if changes == given.changes:
            return


def stated(given: argparse.Namespace) -> None:
    output = statement_pb2.Format.Value(f"FORMAT_{given.format.upper()}")
    language = statement_pb2.Language.Value(f"LANGUAGE_{given.language.upper()}")
    level = unit_pb2.UnitKind.Value(f"UNIT_KIND_{given.level.upper()}")
    asked = (given.first, given.last, level, output, language, given.page_size)
    for page in statement(Connection.of_environment(), *asked):
        print(page, end="")


def bad_input(_: argparse.Namespace) -> None:
    connection = Connection.of_environment()
    request = intake_pb2.RegisterComplaintRequest(request_id="tomorrow", station="Hazratganj")
    connection.send(Complaints(connection).intake.RegisterComplaint, request)


def retry_table(_: argparse.Namespace) -> None:
    for name in Reason.keys():
        if name != "REASON_UNSPECIFIED":
            reason = name.removeprefix("REASON_")
            print(f"{reason} {Retry.Name(advice(grpc.StatusCode.INTERNAL, reason))}")
    for code in grpc.StatusCode:
        if code != grpc.StatusCode.OK:
            print(f"{code.name} {Retry.Name(advice(code, None))} {Retry.Name(advice(code, 'OF_A_LATER_RELEASE'))}")


def commands() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="help_desk", description=__doc__)
    commands = parser.add_subparsers(required=True)

    command = commands.add_parser("register", help="record a complaint; print its receipt")
    command.set_defaults(run=register)
    command.add_argument("--station", default="stations/ps-162-001")
    command.add_argument("--category", default="CATEGORY_STALKING", choices=vocabulary_pb2.Category.keys())
    command.add_argument("--request-id", help="the same again gives the same complaint")

    command = commands.add_parser("track", help="where it stands, by the paper she holds")
    command.set_defaults(run=track)
    command.add_argument("--receipt", required=True)
    command.add_argument("--secret", required=True)

    command = commands.add_parser("acknowledge", help="she took the receipt")
    command.set_defaults(run=acknowledge)
    command.add_argument("--complaint", required=True)
    command.add_argument("--etag", help="as it was shown; read when absent")

    command = commands.add_parser("list", help="complaints, page by page")
    command.set_defaults(run=listing)
    command.add_argument("--parent", default="stations/ps-162-001")
    command.add_argument("--page-size", type=int, default=50)

    command = commands.add_parser("watch", help="complaints as they change")
    command.set_defaults(run=watching)
    command.add_argument("--parent", default="stations/ps-162-001")
    command.add_argument("--resume", type=Path, required=True, help="file that keeps how far it was read")
    command.add_argument("--changes", type=int, help="end after so many")

    command = commands.add_parser("statement", help="what was done in a period")
    command.set_defaults(run=stated)
    command.add_argument("--from", dest="first", type=date.fromisoformat, required=True)
    command.add_argument("--to", dest="last", type=date.fromisoformat, required=True)
    command.add_argument("--level", default="unspecified", help="a row for each `district`, `circle`, `station`")
    command.add_argument("--format", default="text", choices=["text", "csv"])
    command.add_argument("--language", default="hindi", choices=["hindi", "english"])
    command.add_argument("--page-size", type=int, default=0)

    command = commands.add_parser("bad-input", help="what a refusal says")
    command.set_defaults(run=bad_input)
    command = commands.add_parser("retry-table", help="whether to send again, as this client knows it")
    command.set_defaults(run=retry_table)
    return parser


def main() -> int:
    given = commands().parse_args()
    try:
        given.run(given)
    except Refusal as refusal:
        print(f"refused: {refusal.reason or refusal}", file=sys.stderr)
        for locale, text in refusal.messages.items():
            print(f"{locale}: {text}", file=sys.stderr)
        for field, description in refusal.violations:
            print(f"field: {field}: {description}", file=sys.stderr)
        print(f"advice: {Retry.Name(refusal.retry)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
