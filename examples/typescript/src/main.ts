// node dist/main.js COMMAND: each command shows one thing that a client does.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { create, type DescEnum, getOption, hasOption } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { RegisterComplaintRequestSchema, TrackedState } from "./gen/mahila/intake/v1/intake_pb.js";
import { CategorySchema, HandlingStateSchema } from "./gen/mahila/intake/v1/vocabulary_pb.js";
import { FormatSchema, LanguageSchema } from "./gen/mahila/oversight/v1/statement_pb.js";
import { UnitKindSchema } from "./gen/mahila/registry/v1/unit_pb.js";
import { ReasonSchema, Retry } from "./gen/mahila/type/v1/reason_pb.js";
import { label } from "./gen/mahila/type/v1/text_pb.js";
import { Complaints } from "./complaints.js";
import { codeName, connect, environment, send } from "./connection.js";
import { advice, Refusal } from "./refusal.js";
import { day, statement } from "./statement.js";
import { watch } from "./watch.js";

const USAGE = `commands, each with its options:
  register     [--station NAME] [--category NAME] [--request-id UUID]
  track        --receipt NUMBER --secret SECRET
  acknowledge  --complaint NAME [--etag ETAG]
  list         [--parent NAME] [--page-size N]
  watch        --resume FILE [--parent NAME] [--changes N]
  statement    --from DAY --to DAY [--level KIND] [--format text|csv] [--language hindi|english] [--page-size N]
  bad-input
  retry-table`;

const OPTIONS = {
  station: { type: "string", default: "stations/ps-162-001" },
  category: { type: "string", default: "CATEGORY_STALKING" },
  "request-id": { type: "string" },
  receipt: { type: "string" },
  secret: { type: "string" },
  complaint: { type: "string" },
  etag: { type: "string" },
  parent: { type: "string", default: "stations/ps-162-001" },
  "page-size": { type: "string", default: "0" },
  resume: { type: "string" },
  changes: { type: "string" },
  from: { type: "string" },
  to: { type: "string" },
  level: { type: "string", default: "unspecified" },
  format: { type: "string", default: "text" },
  language: { type: "string", default: "hindi" },
} as const;

type Given = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>["values"];

const COMMANDS: Record<string, (given: Given) => Promise<void>> = {
  async register(given) {
    const complaints = new Complaints(connect(environment()));
    const complaint = await complaints.register(given.station, numberOf(CategorySchema, given.category), given["request-id"]);
    const receipt = await complaints.receipt(complaint.name);
    console.log(`complaint: ${complaint.name}`);
    console.log(`category: ${wordsOf(CategorySchema, complaint.category)}`);
    console.log(`etag: ${complaint.etag}`);
    console.log(`receipt: ${receipt.receiptNo}`);
    console.log(`secret: ${receipt.secret}`);
    console.log(`paper: ${receipt.text?.hi}`);
  },

  async track(given) {
    const tracked = await new Complaints(connect(environment())).track(needed(given, "receipt"), needed(given, "secret"));
    console.log(`state: TRACKED_STATE_${TrackedState[tracked.state]}`);
  },

  async acknowledge(given) {
    const complaints = new Complaints(connect(environment()));
    const complaint = await complaints.acknowledge(needed(given, "complaint"), given.etag);
    console.log(`state: ${wordsOf(HandlingStateSchema, complaint.handlingState)}`);
  },

  async list(given) {
    let pages = 0;
    for await (const page of new Complaints(connect(environment())).pages(given.parent, Number(given["page-size"]))) {
      pages++;
      for (const complaint of page.complaints) {
        console.log(`complaint: ${complaint.name} ${wordsOf(CategorySchema, complaint.category)}`);
      }
    }
    console.log(`pages: ${pages}`);
  },

  async watch(given) {
    const kept = needed(given, "resume");
    let changes = 0;
    const token = existsSync(kept) ? readFileSync(kept, "utf8") : "";
    for await (const message of watch(connect(environment()), given.parent, token)) {
      // A token is kept from the end of the snapshot on: whoever breaks off before sees it whole the next time.
      const live = existsSync(kept);
      if (message.snapshotComplete) {
        console.log("snapshot: complete");
      } else if (message.complaint !== undefined) {
        const state = wordsOf(HandlingStateSchema, message.complaint.handlingState);
        console.log(`${live ? "changed" : "open"}: ${message.complaint.name} ${state}`);
        changes += live ? 1 : 0;
      }
      if (live || message.snapshotComplete) {
        // After what it says has taken effect, never before.
        writeFileSync(kept, message.resumeToken);
      }
      if (changes === Number(given.changes)) {
        return;
      }
    }
  },

  async statement(given) {
    const pages = statement(connect(environment()), {
      from: day(needed(given, "from")),
      to: day(needed(given, "to")),
      level: numberOf(UnitKindSchema, `UNIT_KIND_${given.level.toUpperCase()}`),
      format: numberOf(FormatSchema, `FORMAT_${given.format.toUpperCase()}`),
      language: numberOf(LanguageSchema, `LANGUAGE_${given.language.toUpperCase()}`),
      pageSize: Number(given["page-size"]),
    });
    for await (const page of pages) {
      process.stdout.write(page);
    }
  },

  async "bad-input"() {
    const { intake } = new Complaints(connect(environment()));
    const request = create(RegisterComplaintRequestSchema, { requestId: "tomorrow", station: "Hazratganj" });
    await send(intake.registerComplaint, request);
  },

  async "retry-table"() {
    for (const value of ReasonSchema.values.filter((value) => value.number !== 0)) {
      const reason = value.name.replace("REASON_", "");
      console.log(`${reason} ${adviceName(advice(Code.Internal, reason))}`);
    }
    for (const code of Object.values(Code).filter((code) => typeof code === "number")) {
      const later = advice(code, "OF_A_LATER_RELEASE");
      console.log(`${codeName(code)} ${adviceName(advice(code, undefined))} ${adviceName(later)}`);
    }
  },
};

/** What a person reads for a value: the contract carries it in both languages. */
function wordsOf(kind: DescEnum, number: number): string {
  const value = kind.values.find((value) => value.number === number);
  // A value of a later release than this code is its number.
  if (value === undefined || !hasOption(value, label)) {
    return String(number);
  }
  const words = getOption(value, label);
  return `${words.hi} / ${words.en}`;
}

/** The number of a value by its name in the contract. */
function numberOf(kind: DescEnum, name: string): number {
  const value = kind.values.find((value) => value.name === name);
  if (value === undefined) {
    throw new RangeError(`${name} is not one of ${kind.values.map((value) => value.name).join(", ")}`);
  }
  return value.number;
}

function adviceName(retry: Retry): string {
  return `RETRY_${Retry[retry]}`;
}

function needed(given: Given, name: "receipt" | "secret" | "complaint" | "resume" | "from" | "to"): string {
  const value = given[name];
  if (value === undefined) {
    throw new RangeError(`--${name} is missing\n${USAGE}`);
  }
  return value;
}

async function main(): Promise<number> {
  const { positionals, values } = parseArgs({ options: OPTIONS, allowPositionals: true });
  const command = COMMANDS[positionals[0] ?? ""];
  if (command === undefined) {
    console.error(USAGE);
    return 2;
  }
  try {
    await command(values);
    return 0;
  } catch (error) {
    if (!(error instanceof Refusal)) {
      throw error;
    }
    console.error(`refused: ${error.reason ?? error.message}`);
    for (const { locale, message } of error.messages) {
      console.error(`${locale}: ${message}`);
    }
    for (const { field, description } of error.violations) {
      console.error(`field: ${field}: ${description}`);
    }
    console.error(`advice: ${adviceName(error.retry)}`);
    return 1;
  }
}

process.exitCode = await main();
