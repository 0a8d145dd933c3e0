"""The statement of the action taken, written out by the service."""

from collections.abc import Iterator
from datetime import date

from google.type.date_pb2 import Date
from mahila.oversight.v1 import statement_pb2
from mahila.oversight.v1.oversight_pb2_grpc import OversightServiceStub
from mahila.registry.v1 import unit_pb2

from help_desk.connection import Connection

# A statement of the state adds up a year in a moment; a busy evening may take longer.
DEADLINE = 30.0


def statement(
    connection: Connection,
    first: date,
    last: date,
    level: unit_pb2.UnitKind.ValueType,
    output: statement_pb2.Format.ValueType,
    language: statement_pb2.Language.ValueType,
    page_size: int,
) -> Iterator[str]:
    """Written out, page by page; as CSV the pages one after the other are one file."""
    oversight = OversightServiceStub(connection.channel)
    request = statement_pb2.GetStatementRequest(
        to=day(last), level=level, format=output, language=language, page_size=page_size
    )
    # `from` is a word of Python's.
    getattr(request, "from").CopyFrom(day(first))
    while True:
        page = connection.send(oversight.GetStatement, request, DEADLINE)
        yield page.rendered
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token


def day(value: date) -> Date:
    return Date(year=value.year, month=value.month, day=value.day)
