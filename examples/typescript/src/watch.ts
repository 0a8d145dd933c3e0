// A stream that is followed for as long as somebody wants to know.

import { setTimeout as sleep } from "node:timers/promises";
import { createClient, type Transport } from "@connectrpc/connect";
import { IntakeService, type WatchComplaintsResponse } from "./gen/mahila/intake/v1/intake_pb.js";
import { Retry } from "./gen/mahila/type/v1/reason_pb.js";
import { wait } from "./connection.js";
import { Refusal } from "./refusal.js";

/**
 * Complaints as they are, then each as it changes, over every interruption. Whoever keeps `resumeToken` after what the message
 * says has taken effect misses nothing; the last messages may come twice.
 */
export async function* watch(
  transport: Transport,
  parent: string,
  resumeToken: string,
): AsyncGenerator<WatchComplaintsResponse> {
  const intake = createClient(IntakeService, transport);
  for (let attempt = 0; ; attempt++) {
    const call = new AbortController();
    let refusal: Refusal;
    try {
      // No deadline: it ends when the server stops. Heartbeats come every five seconds, and pings find a dead line.
      for await (const message of intake.watchComplaints({ parent, resumeToken }, { signal: call.signal })) {
        [resumeToken, attempt] = [message.resumeToken, 0];
        yield message;
      }
      continue;
    } catch (error) {
      refusal = new Refusal(error);
    } finally {
      // Whoever has heard enough leaves the loop; the server is told.
      call.abort();
    }
    if (refusal.reason === "EPOCH_CHANGED") {
      // The database was restored from a backup: what was told may never have been. From nothing.
      resumeToken = "";
    } else if (refusal.retry !== Retry.SAME) {
      throw refusal;
    }
    console.error(`resuming: ${refusal.reason ?? refusal.message}`);
    await sleep(wait(refusal, attempt));
  }
}
