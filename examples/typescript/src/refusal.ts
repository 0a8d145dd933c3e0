// Why a call failed, and whether to send it again, by the table that the contract carries.

import { getOption, hasOption } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema, LocalizedMessageSchema, RetryInfoSchema } from "./gen/google/rpc/error_details_pb.js";
import { doc, ReasonSchema, Retry } from "./gen/mahila/type/v1/reason_pb.js";

const DOMAIN = "mahila.up.gov.in";

// Without any details nobody refused the call: the connection broke, or the time was up. What was done is not done again.
const BROKEN = [Code.Unavailable, Code.DeadlineExceeded, Code.Canceled, Code.Unknown, Code.Internal, Code.Aborted];
// With a reason of a later release than this code was generated from.
const LATER = [Code.Unavailable, Code.DeadlineExceeded];

/** Whether to send again. A reason of `undefined`: there were no details. */
export function advice(code: Code, reason: string | undefined): Retry {
  if (reason === undefined) {
    return BROKEN.includes(code) ? Retry.SAME : Retry.NEVER;
  }
  const known = ReasonSchema.values.find((value) => value.name === `REASON_${reason}`);
  if (known === undefined || !hasOption(known, doc)) {
    return LATER.includes(code) ? Retry.SAME : Retry.NEVER;
  }
  // The advice is an option of the enum's value, so the table comes with the generated code.
  return getOption(known, doc).retry;
}

/** What google.rpc.Status in the trailers says (AIP-193). */
export class Refusal extends Error {
  readonly code: Code;
  readonly reason: string | undefined;
  readonly metadata: Record<string, string>;
  readonly violations: { field: string; description: string }[];
  readonly messages: { locale: string; message: string }[];
  /** Milliseconds that the server asks to wait. */
  readonly delay: number;
  readonly retry: Retry;

  constructor(thrown: unknown) {
    const error = ConnectError.from(thrown);
    super(error.message, { cause: thrown });
    this.code = error.code;
    const info = error.findDetails(ErrorInfoSchema).find((info) => info.domain === DOMAIN);
    this.reason = info?.reason;
    this.metadata = info?.metadata ?? {};
    this.violations = error.findDetails(BadRequestSchema).flatMap((bad) => bad.fieldViolations);
    this.messages = error.findDetails(LocalizedMessageSchema);
    const delay = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
    this.delay = delay ? Number(delay.seconds) * 1_000 + delay.nanos / 1_000_000 : 0;
    this.retry = advice(this.code, this.reason ?? (error.details.length > 0 ? "" : undefined));
  }
}
