// The statement of the action taken, written out by the service.

import { create } from "@bufbuild/protobuf";
import { createClient, type Transport } from "@connectrpc/connect";
import { type Date as Day, DateSchema } from "./gen/google/type/date_pb.js";
import { OversightService } from "./gen/mahila/oversight/v1/oversight_pb.js";
import { type Format, GetStatementRequestSchema, type Language } from "./gen/mahila/oversight/v1/statement_pb.js";
import type { UnitKind } from "./gen/mahila/registry/v1/unit_pb.js";
import { send } from "./connection.js";

/** A statement of the state adds up a year in a moment; a busy evening may take longer. */
const DEADLINE = 30_000;

export interface Asked {
  from: Day;
  to: Day;
  level: UnitKind;
  format: Format;
  language: Language;
  pageSize: number;
}

/** Written out, page by page; as CSV the pages one after the other are one file. */
export async function* statement(transport: Transport, asked: Asked): AsyncGenerator<string> {
  const oversight = createClient(OversightService, transport);
  const request = create(GetStatementRequestSchema, asked);
  do {
    const page = await send(oversight.getStatement, request, DEADLINE);
    yield page.rendered;
    request.pageToken = page.nextPageToken;
  } while (request.pageToken !== "");
}

/** A day written as `2020-10-31`. */
export function day(text: string): Day {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? [];
  if (year === undefined) {
    throw new RangeError(`${text} is not a day such as 2020-10-31`);
  }
  return create(DateSchema, { year: Number(year), month: Number(month), day: Number(day) });
}
