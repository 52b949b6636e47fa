import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { deleteAccount } from "../../support/accounts/deletion.ts";
import { expectProblem, register, type SignedIn } from "../../support/clients/api.ts";
import { download, pseudoRandomBytes, storedFiles } from "../../support/clients/files.ts";
import { advanceClock, freezeClock } from "../../support/clock.ts";
import { interceptD1 } from "../../support/faults/d1.ts";
import { breakAt } from "../../support/faults/injected-fault.ts";
import { ALL, eachStep } from "../../support/faults/sampled-steps.ts";
import { perRun } from "../../support/sampled-cases.ts";
import { setNoRateLimits } from "../../support/settings.ts";
import { passHours } from "../files/lifetime.ts";
import {
  announced,
  callWith,
  cancel,
  complete,
  expectFile,
  expectNothingLeft,
  expectUpload,
  failingBucket,
  filled,
  hex,
  PART,
  partOf,
  partRows,
  put,
  read,
  rowOf,
  sent,
  start,
  started,
} from "./uploading.ts";

const HOUR = 60 * 60 * 1_000;
const two = pseudoRandomBytes(PART + 1_000);
const other = pseudoRandomBytes(PART + 1_000, 2);
const small = pseudoRandomBytes(100);

let ann: SignedIn;

beforeAll(() => setNoRateLimits());

beforeAll(async () => {
  ann = await register();
});

/** Runs `work` so often at once. */
const times = <T>(count: number, work: (i: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, i) => work(i)));

/** A body that comes once it is released. `begun`: the Worker reads it. */
function heldBody(bytes: Uint8Array) {
  const begun = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    begun.resolve();
    await released.promise;
    controller.enqueue(bytes);
    controller.close();
  };
  const stream = new ReadableStream<Uint8Array>({ pull }, { highWaterMark: 0 });
  return { stream, begun: begun.promise, release: released.resolve };
}

const multipartOf = async (id: string): Promise<string> => (await rowOf(id))?.r2_upload_id ?? "";

describe("at once", () => {
  test("fifty completes make one file", async () => {
    const { id } = await filled(ann, two);
    const answers = await times(50, () => complete(ann, id));
    // A call that comes while R2 is joining the parts may have to be repeated.
    for (const answer of answers) if (answer.status !== 200) expectProblem(answer, 503, "unavailable");
    const bodies = new Set(answers.filter((it) => it.status === 200).map((it) => JSON.stringify(it.body)));
    expect(bodies.size).toBe(1);
    const file = await expectFile(await complete(ann, id), two);
    expect([...bodies]).toEqual([JSON.stringify(file)]);
    const { objects, rows } = await storedFiles();
    expect(objects).toEqual(rows);
    expect(await partRows(id)).toBe(0);
  });

  test("twenty starts with one name make one upload", async () => {
    const body = announced(small.byteLength);
    const answers = await times(20, () => start(ann, body));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    const ids = new Set(answers.map((answer) => expectUpload(answer, answer.status === 201 ? 201 : 200).id));
    expect(ids.size).toBe(1);
    for (const id of ids) expect((await cancel(ann, id)).status).toBe(204);
  });

  test("starts open ten uploads at most; one that ends makes room", async () => {
    const bob = await register();
    const answers = await times(25, () => start(bob, announced(small.byteLength)));
    const opened = answers.filter(({ status }) => status === 201).map((it) => expectUpload(it, 201));
    expect(opened).toHaveLength(10);
    for (const answer of answers) if (answer.status !== 201) expectProblem(answer, 409, "conflict");
    const [first, second] = opened;
    expect((await cancel(bob, first?.id ?? "")).status).toBe(204);
    const next = await started(bob, small.byteLength);
    expectProblem(await start(bob, announced(1)), 409, "conflict");
    await sent(bob, second?.id ?? "", 1, small);
    await expectFile(await complete(bob, second?.id ?? ""), small);
    await started(bob, small.byteLength);
    expectProblem(await start(bob, announced(1)), 409, "conflict");
    expect(next.id).not.toBe(first?.id);
  });

  test("attempts to send a part leave the bytes of one of them, with their hash", async () => {
    const { id } = await started(ann, two.byteLength);
    await sent(ann, id, 2, partOf(two, 2));
    const answers = await times(8, (i) => put(ann, id, 1, partOf(i % 2 === 0 ? two : other, 1)));
    for (const { status } of answers) expect(status).toBe(200);
    const [first] = expectUpload(await read(ann, id)).parts;
    const mixed = new Uint8Array(two);
    if (first?.sha256 !== hex(partOf(two, 1))) mixed.set(partOf(other, 1));
    await expectFile(await complete(ann, id), mixed);
  });

  test("a slow first attempt never replaces a later one that was answered", async () => {
    const { id } = await started(ann, small.byteLength);
    // Its attempt is counted before the second one begins.
    const { stream, begun, release } = heldBody(pseudoRandomBytes(small.byteLength, 3));
    const first = put(ann, id, 1, stream);
    await begun;
    await sent(ann, id, 1, small);
    release();
    const { status, body } = await first;
    expect(status).toBe(200);
    expect(body, "what is there").toEqual(expectUpload(await read(ann, id)).parts[0]);
    await expectFile(await complete(ann, id), small);
  });

  test("a complete and a cancel: there is the file, or nothing", async () => {
    for (let round = 0; round < perRun(2, 6); round++) {
      const { id } = await filled(ann, small);
      const multipart = await multipartOf(id);
      const [done, gone] = await Promise.all([complete(ann, id), cancel(ann, id)]);
      if (gone.status === 204) {
        expectProblem(done, 404, "not_found");
        await expectNothingLeft(id, multipart);
        expect((await storedFiles()).rows).not.toContain(id);
      } else {
        expectProblem(gone, 409, "conflict");
        await expectFile(await complete(ann, id), small);
      }
    }
  });

  test("a complete and a part sent again: the file is of the bytes that were there at once", async () => {
    for (let round = 0; round < perRun(1, 4); round++) {
      const { id } = await filled(ann, two);
      const [done, again] = await Promise.all([complete(ann, id), put(ann, id, 2, partOf(other, 2))]);
      const mixed = new Uint8Array(two);
      if (again.status === 200) mixed.set(partOf(other, 2), PART);
      else expectProblem(again, 409, "conflict");
      await expectFile(done, mixed);
    }
  });
});

describe("a crash", () => {
  test("at any step of D1: the client repeats, and has one file", async () => {
    for (const place of ["D1 before", "D1 after"] as const) {
      await eachStep(`an upload, ${place}`, ALL, async (step) => {
        const body = announced(small.byteLength);
        const rest = async () => {
          const opened = await start(ann, body);
          const { id = "none" } = z.object({ id: z.string().optional() }).parse(opened.body);
          await put(ann, id, 1, small);
          return complete(ann, id);
        };
        const broken = await breakAt(place, step, { conversationId: 1, userId: ann.user.id });
        try {
          await rest();
        } finally {
          broken[Symbol.dispose]();
        }
        await expectFile(await rest(), small);
        const { objects, rows } = await storedFiles();
        expect(objects, `${place} ${step}`).toEqual(rows);
        return { isHit: broken.isHit, steps: broken.steps };
      });
    }
  });

  test("of R2 in a start, a part or a complete is answered with 503, and a repeat succeeds", async () => {
    for (const moment of ["before", "after"] as const) {
      const { token } = ann;
      const body = announced(two.byteLength);
      const at = (method: string) => ({ FILES: failingBucket(method, moment) });
      const begin = await callWith(at("createMultipartUpload"), "POST", "/v1/files/uploads", { token, body });
      expectProblem(begin, 503, "unavailable");
      const { id } = expectUpload(await start(ann, body), 201);
      const path = `/v1/files/uploads/${id}`;
      const headers = { "Content-Type": "application/octet-stream" };
      const part = await callWith(at("uploadPart"), "PUT", `${path}/parts/1`, {
        token,
        headers,
        body: partOf(two, 1),
      });
      expectProblem(part, 503, "unavailable");
      expect(expectUpload(await read(ann, id)).parts).toEqual([]);
      await sent(ann, id, 1, partOf(two, 1));
      await sent(ann, id, 2, partOf(two, 2));
      const done = await callWith(at("complete"), "POST", `${path}/complete`, { token });
      // What R2 has done in spite of its error is found.
      if (moment === "after") await expectFile(done, two);
      else expectProblem(done, 503, "unavailable");
      await expectFile(await complete(ann, id), two);
    }
  });

  test("between the object and its row leaves no file; the end of the upload takes the object", async () => {
    const { id } = await filled(ann, two);
    const multipart = await multipartOf(id);
    const lost = interceptD1(async (_, work) => {
      if (await env.FILES.head(id)) throw new Error("D1_ERROR: Network connection lost.");
      return work();
    });
    try {
      expectProblem(await complete(ann, id), 503, "unavailable");
    } finally {
      lost[Symbol.dispose]();
    }
    expect(await env.FILES.head(id)).not.toBeNull();
    expect((await download(`https://parley.test/files/${id}/film.mp4`)).status).toBe(404);
    expect(await rowOf(id)).toMatchObject({ state: "completing" });
    expectProblem(await put(ann, id, 1, partOf(other, 1)), 409, "conflict");
    await passHours(23);
    expect(await env.FILES.head(id), "not taken for an orphan").not.toBeNull();
    await passHours(2);
    await expectNothingLeft(id, multipart);
    expectProblem(await complete(ann, id), 404, "not_found");
  });

  test("of R2 in a cancel leaves the rest to the hourly job, which tries until R2 answers", async () => {
    for (const method of ["abort", "delete"]) {
      const { id } = await filled(ann, two);
      const multipart = await multipartOf(id);
      const FILES = failingBucket(method, "before");
      const options = { token: ann.token };
      const answer = await callWith({ FILES }, "DELETE", `/v1/files/uploads/${id}`, options);
      expect(answer.status).toBe(204);
      expectProblem(await read(ann, id), 404, "not_found");
      await passHours(1, { ...env, FILES });
      expect(await rowOf(id)).toMatchObject({ state: "ended" });
      await passHours(1);
      await expectNothingLeft(id, multipart);
    }
  });
});

describe("after 24 hours", () => {
  test("an open upload has ended, and the hourly job deletes its parts", async () => {
    freezeClock();
    const body = announced(two.byteLength);
    const opened = expectUpload(await start(ann, body), 201);
    const { id } = opened;
    const multipart = await multipartOf(id);
    expect(opened.expires_at).toBe(Date.now() + 24 * HOUR);
    await sent(ann, id, 1, partOf(two, 1));
    advanceClock(24 * HOUR - 1);
    await sent(ann, id, 2, partOf(two, 2));
    advanceClock(1);
    expectProblem(await read(ann, id), 404, "not_found");
    expectProblem(await put(ann, id, 1, partOf(two, 1)), 404, "not_found");
    expectProblem(await complete(ann, id), 404, "not_found");
    // Its name is free before the job has come.
    const next = expectUpload(await start(ann, body), 201);
    expect(next).toMatchObject({ parts: [] });
    expect(next.id).not.toBe(id);
    await passHours(1);
    await expectNothingLeft(id, multipart);
    await sent(ann, next.id, 1, partOf(two, 1));
    expect((await cancel(ann, next.id)).status).toBe(204);
  });

  test("open uploads that have expired make room for others", async () => {
    const bob = await register();
    await times(10, () => start(bob, announced(1)));
    expectProblem(await start(bob, announced(1)), 409, "conflict");
    advanceClock(24 * HOUR);
    await started(bob, 1);
  });

  test("a complete upload is forgotten, and its file stays", async () => {
    const body = announced(small.byteLength);
    const { id } = expectUpload(await start(ann, body), 201);
    await sent(ann, id, 1, small);
    await passHours(20);
    const file = await expectFile(await complete(ann, id), small);
    await passHours(23);
    expect(await expectFile(await complete(ann, id), small)).toEqual(file);
    await passHours(25);
    expect(await rowOf(id)).toBeNull();
    expectProblem(await complete(ann, id), 404, "not_found");
    expect((await download(file.url)).status).toBe(200);
    expect(expectUpload(await start(ann, body), 201).id).not.toBe(id);
  });
});

test("the deletion of an account ends its uploads: the next hourly job deletes their parts", async () => {
  const cem = await register();
  const { id } = await started(cem, two.byteLength);
  await sent(cem, id, 1, partOf(two, 1));
  const multipart = await multipartOf(id);
  await deleteAccount(cem);
  await passHours(1);
  await expectNothingLeft(id, multipart);
});

test("a part of an upload that is cancelled meanwhile is refused, and leaves nothing", async () => {
  const { id } = await started(ann, small.byteLength);
  const multipart = await multipartOf(id);
  const { stream, begun, release } = heldBody(small);
  const sending = put(ann, id, 1, stream);
  await begun;
  expect((await cancel(ann, id)).status).toBe(204);
  release();
  expectProblem(await sending, 404, "not_found");
  await expectNothingLeft(id, multipart);
});
