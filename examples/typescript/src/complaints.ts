// The calls of a desk: a complaint, its receipt, who looks it up, what is there.

import { randomUUID } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { type Client, createClient, type Transport } from "@connectrpc/connect";
import { type Complaint, PersonSchema, type Receipt, SafeContactSchema } from "./gen/mahila/intake/v1/complaint_pb.js";
import {
  AcknowledgeComplaintRequestSchema,
  IntakeService,
  ListComplaintsRequestSchema,
  type ListComplaintsResponse,
  RegisterComplaintRequestSchema,
  type TrackComplaintResponse,
} from "./gen/mahila/intake/v1/intake_pb.js";
import { type Category, Channel, ContactMode, PersonRole } from "./gen/mahila/intake/v1/vocabulary_pb.js";
import { Retry } from "./gen/mahila/type/v1/reason_pb.js";
import { send } from "./connection.js";
import { Refusal } from "./refusal.js";

/** Intake, as a desk uses it. */
export class Complaints {
  readonly intake: Client<typeof IntakeService>;

  constructor(transport: Transport) {
    this.intake = createClient(IntakeService, transport);
  }

  /** A woman who came to the desk. The persons are invented. */
  async register(station: string, category: Category, requestId?: string): Promise<Complaint> {
    const request = create(RegisterComplaintRequestSchema, {
      // Made before the first attempt and kept with the request: a device that lost its power sends it again tomorrow.
      requestId: requestId ?? randomUUID(),
      station,
      channel: Channel.WALK_IN,
      category,
      safeContact: create(SafeContactSchema, { mode: ContactMode.NEVER }),
      persons: [
        create(PersonSchema, { role: PersonRole.COMPLAINANT, name: "नमूना शिकायतकर्ता", ageYears: 30 }),
        create(PersonSchema, { role: PersonRole.RESPONDENT, name: "Sample Respondent" }),
      ],
      narrative: "यह एक काल्पनिक शिकायत है। An invented complaint.",
    });
    return send(this.intake.registerComplaint, request);
  }

  /** What she gets on paper. */
  async receipt(complaint: string): Promise<Receipt> {
    return send(this.intake.getReceipt, { name: complaint });
  }

  /** Where it stands, for whoever holds the paper; no token is asked. */
  async track(receiptNo: string, secret: string): Promise<TrackComplaintResponse> {
    return send(this.intake.trackComplaint, { receiptNo, secret });
  }

  /** She took the receipt. `etag`: of the complaint as the caller's screen shows it; absent: read now. */
  async acknowledge(complaint: string, etag?: string): Promise<Complaint> {
    for (let seen = etag; ; seen = undefined) {
      seen ??= (await send(this.intake.getComplaint, { name: complaint })).etag;
      const request = create(AcknowledgeComplaintRequestSchema, {
        requestId: randomUUID(),
        name: complaint,
        etag: seen,
        receiptTaken: true,
      });
      try {
        return await send(this.intake.acknowledgeComplaint, request);
      } catch (error) {
        // Only this one: what else is to be read again (a state that forbids it) is for a person to decide.
        const stale = error instanceof Refusal && error.retry === Retry.AFTER_READ && error.reason === "ETAG_MISMATCH";
        if (!stale) {
          throw error;
        }
        console.log("reading again: ETAG_MISMATCH");
      }
    }
  }

  /** Every page, newest complaints first. A token belongs to its request: nothing else of it may change between pages. */
  async *pages(parent: string, pageSize: number): AsyncGenerator<ListComplaintsResponse> {
    const request = create(ListComplaintsRequestSchema, { filter: { parent }, pageSize });
    do {
      const page = await send(this.intake.listComplaints, request);
      yield page;
      request.pageToken = page.nextPageToken;
    } while (request.pageToken !== "");
  }
}
