import { exports } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { receivedChunks } from "../../../src/http/uploads/received-chunks.ts";
import {
  type Answer,
  type CallOptions,
  expectProblem,
  register,
  request,
  type SignedIn,
} from "../../support/clients/api.ts";
import {
  BOUNDARY,
  concatBytes,
  expectUploaded,
  FORM_TYPE,
  filePart,
  formPieces,
  pseudoRandomBytes,
  storedFiles,
  streamOf,
  textPart,
  upload,
} from "../../support/clients/files.ts";
import { advanceClock } from "../../support/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { overrideTiming, timing } from "../../support/timing.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const MINUTE = 60_000;

let ann: SignedIn;
let bob: SignedIn;

beforeAll(async () => {
  [ann, bob] = await Promise.all([register(), register()]);
});

/** The beginning of a form, with so many bytes of its file. */
function formHead(size: number): Uint8Array {
  const head = `--${BOUNDARY}\r\n${filePart("").headers.join("\r\n")}\r\n\r\n`;
  return concatBytes([new TextEncoder().encode(head), pseudoRandomBytes(size)]);
}

/** A body that stays open. */
class SlowBody {
  readonly #controller = Promise.withResolvers<ReadableStreamDefaultController<Uint8Array>>();
  /** the bytes that the reader has taken */
  taken = 0;
  /** the bytes that are sent next, before anything of `write` */
  readonly stream: ReadableStream<Uint8Array>;

  constructor(...pieces: Uint8Array[]) {
    this.stream = new ReadableStream(
      {
        start: (controller) => this.#controller.resolve(controller),
        pull: (controller) => {
          const piece = pieces.shift();
          if (!piece) return;
          controller.enqueue(piece);
          this.taken += piece.byteLength;
        },
      },
      { highWaterMark: 0 },
    );
  }

  async write(bytes: Uint8Array): Promise<void> {
    (await this.#controller.promise).enqueue(bytes);
  }

  async end(bytes: Uint8Array = new Uint8Array()): Promise<void> {
    const controller = await this.#controller.promise;
    if (bytes.byteLength > 0) controller.enqueue(bytes);
    controller.close();
  }
}

const END = new TextEncoder().encode(`\r\n--${BOUNDARY}--\r\n`);
const form = (size: number) => concatBytes(formPieces([filePart(pseudoRandomBytes(size))]));

/**
 * Opens ten forms of one user, of which each sends 300 KiB and stands still.
 * @returns `early`: the answers so far; `end`: ends the forms, and gives all answers
 */
async function openTenForms(user: SignedIn): Promise<{ early: Answer[]; end: () => Promise<Answer[]> }> {
  const bodies = Array.from({ length: 10 }, () => new SlowBody(formHead(300 * KIB)));
  const early: Answer[] = [];
  const answers = bodies.map(async ({ stream }) => {
    const answer = await upload(user, stream, FORM_TYPE);
    early.push(answer);
    return answer;
  });
  await eventually(() => expect(bodies.filter(({ taken }) => taken > 0)).toHaveLength(10));
  const end = async () => {
    // A form that was refused is closed already.
    await Promise.allSettled(bodies.map((body) => body.end(END)));
    return Promise.all(answers);
  };
  return { early, end };
}

describe("ten slow forms of one user", () => {
  test("leave the forms of another user untouched", async () => {
    // Whoever has to wait for a place fails at once.
    overrideTiming({ partBuffer: { waitMs: 0 } });
    const forms = await openTenForms(ann);
    for (const size of [200 * KIB, 600 * KIB, MIB, 6 * MIB]) {
      expect(expectUploaded(await upload(bob, form(size), FORM_TYPE))).toMatchObject({ size });
    }
    // The forms of the first user take their turns.
    for (const answer of await forms.end()) expectUploaded(answer);
  });

  test("get a clear error where their turn does not come", async () => {
    overrideTiming({ partBuffer: { turnMs: 10 } });
    const before = await storedFiles();
    const { early, end } = await openTenForms(ann);
    await eventually(() => expect(early).toHaveLength(8));
    for (const answer of early) {
      expectProblem(answer, 429, "rate_limited");
      expect(answer.headers.get("Retry-After")).toBe("5");
    }
    expectUploaded(await upload(bob, form(MIB), FORM_TYPE));
    expect((await end()).filter(({ status }) => status === 201)).toHaveLength(2);
    const { objects, rows } = await storedFiles();
    expect(objects).toEqual(rows);
    expect(objects).toHaveLength(before.objects.length + 3);
  });
});

test("a user has twenty small forms open at once, and the next waits", async () => {
  overrideTiming({ partBuffer: { turnMs: 0 } });
  const bodies = Array.from({ length: 20 }, () => new SlowBody(formHead(100 * KIB)));
  const answers = bodies.map((body) => upload(ann, body.stream, FORM_TYPE));
  await eventually(async () => {
    expectProblem(await upload(ann, form(1), FORM_TYPE), 429, "rate_limited");
  });
  expectUploaded(await upload(bob, form(1), FORM_TYPE));
  for (const body of bodies) await body.end(END);
  for (const answer of await Promise.all(answers)) expectUploaded(answer);
  expectUploaded(await upload(ann, form(1), FORM_TYPE));
});

async function statusOf(path: string, options: CallOptions): Promise<number> {
  return (await exports.default.fetch(request("POST", path, options))).status;
}

/** The ways to upload: each sends a form, a body of unknown or known length, or base64, and stays open. */
const WAYS: [string, (user: SignedIn, body: SlowBody) => Promise<number>, Uint8Array][] = [
  ["a form of v1", async (user, { stream }) => (await upload(user, stream, FORM_TYPE)).status, formHead(1)],
  [
    "a bare body of v1",
    async (user, { stream }) => (await upload(user, stream, "image/png")).status,
    new Uint8Array(1),
  ],
  [
    "a form of usersig",
    ({ token }, { stream }) => {
      const headers = { "Content-Type": FORM_TYPE };
      return statusOf("/file/upload-chat-file", { token, body: stream, headers });
    },
    formHead(1),
  ],
  [
    "a form of tim",
    ({ token }, { stream }) => {
      const headers = { token, "Content-Type": FORM_TYPE };
      return statusOf("/message/createMessage", { body: stream, headers });
    },
    formHead(1),
  ],
  [
    "base64 in JSON of tim",
    ({ token }, { stream }) => {
      const headers = { token, "Content-Type": "application/json" };
      return statusOf("/message/createMessage", { body: stream, headers });
    },
    new TextEncoder().encode('{"payload":{"file":{"data":"AAAA'),
  ],
];

describe.each(WAYS)("%s", (_, send, head) => {
  test("is ended while it stands still, and nothing is stored", async () => {
    overrideTiming({ uploads: { checkMs: 5 } });
    const before = await storedFiles();
    const body = new SlowBody(head);
    const status = send(ann, body);
    await eventually(() => expect(body.taken).toBeGreaterThan(0));
    advanceClock(31_000);
    expect(await status).toBe(503);
    expect(await storedFiles()).toEqual(before);
  });
});

describe("the least rate", () => {
  /** A form that has sent so much, and then nothing for so long (ms). @returns the status of its answer */
  async function statusAfter(sent: number, ms: number): Promise<number> {
    const body = new SlowBody(formHead(sent));
    const answer = upload(ann, body.stream, FORM_TYPE);
    await eventually(() => expect(body.taken).toBeGreaterThan(0));
    await body.write(new Uint8Array(1));
    advanceClock(ms);
    await body.end(END);
    return (await answer).status;
  }

  test.each([
    [64 * KIB, 31_000, 201],
    [63 * KIB, 29_000, 201],
    [63 * KIB, 31_000, 503],
    [64 * KIB, MINUTE - 1_000, 201],
    [128 * KIB, MINUTE + 3_000, 503],
    [4 * MIB, 2 * MINUTE, 201],
    [3 * MIB, 2 * MINUTE, 503],
    [19 * MIB, 31 * MINUTE, 503],
  ])("%i bytes after %i ms: %i", async (sent, ms, status) => {
    expect(await statusAfter(sent, ms)).toBe(status);
  });
});

test("the time in which the server is busy does not count against the client", async () => {
  const body = new SlowBody(new Uint8Array(1), new Uint8Array(2));
  const request = new Request("https://parley.test/", { method: "POST", body: body.stream });
  const chunks = receivedChunks(request, timing.uploads);
  expect(await chunks.next()).toMatchObject({ value: { byteLength: 1 } });
  advanceClock(10 * MINUTE);
  expect(await chunks.next()).toMatchObject({ value: { byteLength: 2 } });
  advanceClock(20 * MINUTE);
  await expect(chunks.next()).rejects.toMatchObject({ code: "unavailable" });
});

test("a form whose other fields trickle is ended, too", async () => {
  overrideTiming({ uploads: { checkMs: 5 } });
  const [first] = formPieces([textPart("x", "")]);
  const body = new SlowBody(first ?? new Uint8Array());
  const answer = upload(ann, body.stream, FORM_TYPE);
  await eventually(() => expect(body.taken).toBeGreaterThan(0));
  advanceClock(31_000);
  expectProblem(await answer, 503, "unavailable");
});

test("an upload that its client breaks off frees its place", async () => {
  overrideTiming({ partBuffer: { turnMs: 0 } });
  for (let i = 0; i < 3; i++) {
    const broken = [formHead(300 * KIB)];
    expectProblem(await upload(ann, streamOf(broken, true), FORM_TYPE), 400, "validation_failed");
  }
  expectUploaded(await upload(ann, form(MIB), FORM_TYPE));
});
