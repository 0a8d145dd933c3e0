// Where to call, as whom, and how long; and the one place that sends.

import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type CallOptions, Code, type Interceptor, type Transport } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { Retry } from "./gen/mahila/type/v1/reason_pb.js";
import { Refusal } from "./refusal.js";

/** Of one attempt, in milliseconds. The server is told (grpc-timeout) and stops working on what nobody waits for. */
const DEADLINE = 5_000;
/** All attempts of one request together. */
const PATIENCE = 60_000;
/** Of the waits between attempts. */
const [SHORTEST, LONGEST] = [50, 2_000];

export interface Target {
  address: string;
  token?: string | undefined;
  /** PEM of the authority to trust; absent: those that Node trusts. */
  authority?: string | undefined;
}

/** As `mahila` itself: MAHILA_ADDRESS, MAHILA_TOKEN, MAHILA_CA (a file). */
export function environment(): Target {
  const ca = process.env["MAHILA_CA"];
  return {
    address: process.env["MAHILA_ADDRESS"] ?? "http://127.0.0.1:7100",
    token: process.env["MAHILA_TOKEN"],
    authority: ca === undefined ? undefined : readFileSync(ca, "utf8"),
  };
}

/** A server of the suite, and who calls it. */
export function connect(target: Target): Transport {
  const authorize: Interceptor = (next) => (request) => {
    if (target.token !== undefined) {
      request.header.set("authorization", `Bearer ${target.token}`);
    }
    return next(request);
  };
  return createGrpcTransport({
    baseUrl: target.address,
    interceptors: [authorize],
    nodeOptions: target.authority === undefined ? {} : { ca: target.authority },
    // A connection that died without a word is found out within 20 s; the suite's servers allow these pings.
    pingIntervalMs: 10_000,
    pingTimeoutMs: 10_000,
  });
}

/**
 * Sends until it is answered or refused for good. A request that writes needs its `requestId` by now: the same bytes go out
 * each time, and whatever the first of them did is answered, not done again.
 */
export async function send<Request, Response>(
  call: (request: Request, options: CallOptions) => Promise<Response>,
  request: Request,
  deadline = DEADLINE,
): Promise<Response> {
  const giveUp = Date.now() + PATIENCE;
  for (let attempt = 0; ; attempt++) {
    let refusal: Refusal;
    try {
      return await call(request, { timeoutMs: deadline });
    } catch (error) {
      refusal = new Refusal(error);
    }
    const pause = wait(refusal, attempt);
    if (refusal.retry !== Retry.SAME || Date.now() + pause > giveUp) {
      throw refusal;
    }
    console.error(`sending again: ${refusal.reason ?? refusal.message}`);
    await sleep(pause);
  }
}

/** What the server asked for, or a backoff with jitter where that is longer: a thousand desks must not come back at once. */
export function wait(refusal: Refusal, attempt: number): number {
  const backoff = Math.min(LONGEST, SHORTEST * 2 ** attempt);
  return Math.max(refusal.delay, backoff * (0.5 + Math.random() / 2));
}

/** `DEADLINE_EXCEEDED` for `Code.DeadlineExceeded`. */
export function codeName(code: Code): string {
  // gRPC spells it with two l.
  return code === Code.Canceled ? "CANCELLED" : (Code[code] ?? "").replace(/\B[A-Z]/g, "_$&").toUpperCase();
}
