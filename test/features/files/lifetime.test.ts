import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { LIMITS } from "../../../src/domain/limits.ts";
import { call, register, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, deleteMessage, openDirect, send } from "../../support/clients/chat.ts";
import { edit } from "../../support/clients/edits.ts";
import { pseudoRandomBytes, type StrictFile, storedFiles } from "../../support/clients/files.ts";
import { expectPosted, mergedDraft, postDraft } from "../../support/clients/forwards.ts";
import { interceptD1 } from "../../support/faults/d1.ts";
import { overrideTiming } from "../../support/timing.ts";
import { complete, expectFile, filled } from "../resumable-uploads/uploading.ts";
import {
  expectGone,
  passHours,
  passMinute,
  passSeconds,
  sendFile,
  statusOf,
  untilRecorded,
  uploadFile,
  withoutDeletes,
} from "./lifetime.ts";

/** What no object looks after is gone within two days. */
const TWO_DAYS = 48;

let ann: SignedIn;
let bob: SignedIn;
let cem: SignedIn;

beforeAll(async () => {
  [ann, bob, cem] = await Promise.all([register(), register(), register()]);
});

const revoke = async (who: SignedIn, id: number, seq: number) =>
  expect((await deleteMessage(who, id, seq, "everyone")).status).toBe(204);

/** Revokes a message, and passes the time in which a file goes that nothing shows. */
async function revokeAndPass(who: SignedIn, id: number, seq: number): Promise<void> {
  await revoke(who, id, seq);
  await passMinute({ conversations: [id] });
}

/** A group of all, with a message that shows a new file of Ann's. */
async function sentFile() {
  const { id } = await createGroup(ann, [bob, cem]);
  const file = await uploadFile(ann);
  return { id, file, seq: await sendFile(ann, id, file) };
}

describe("a revoke", () => {
  test("takes the file that nothing else shows, within a minute", async () => {
    const { id, file, seq } = await sentFile();
    await untilRecorded(id);
    await revoke(ann, id, seq);
    const conversations = [id];
    await passSeconds(10, { conversations });
    expect(await statusOf(file)).toBe(200);
    // Nobody reads it any more, and a message that showed it until then may still be on its way to D1.
    await passSeconds(20, { conversations });
    expect(await statusOf(file)).toBe(404);
    expect((await storedFiles()).objects).toContain(file.key);
    await passSeconds(30, { conversations });
    await expectGone(file);
  });

  test("by an admin takes it, too", async () => {
    const { id } = await createGroup(bob, [ann]);
    const file = await uploadFile(ann);
    const seq = await sendFile(ann, id, file);
    await revokeAndPass(bob, id, seq);
    await expectGone(file);
  });

  test("before the message was recorded takes it, too", async () => {
    const { id, file, seq } = await sentFile();
    await revokeAndPass(ann, id, seq);
    await expectGone(file);
  });

  test("of a message that names the file of another user leaves it", async () => {
    const { id } = await createGroup(bob, [cem]);
    const file = await uploadFile(ann);
    const seq = await sendFile(bob, id, file);
    await revokeAndPass(bob, id, seq);
    expect(await statusOf(file)).toBe(200);
  });

  test("leaves a file that was sent a second time, until the second is revoked", async () => {
    const { id, file, seq } = await sentFile();
    const other = await openDirect(ann, bob);
    const second = await sendFile(ann, other.id, file);
    await untilRecorded(id);
    await untilRecorded(other.id);
    await revokeAndPass(ann, id, seq);
    expect(await statusOf(file)).toBe(200);
    await revokeAndPass(ann, other.id, second);
    await expectGone(file);
  });

  test.each([
    ["forward", (id: number, seq: number) => ({ forward: { conversation_id: id, seq } })],
    ["merged message", (id: number, seq: number) => mergedDraft([{ conversation_id: id, seq }])],
    [
      "text with its URL",
      (_: number, __: number, { url }: StrictFile) => ({ kind: "text", body: { text: `see ${url}!` } }),
    ],
    [
      "custom message with its URL in JSON",
      (_: number, __: number, { url }: StrictFile) => ({
        kind: "custom",
        body: { data: JSON.stringify({ url }).replaceAll("/", "\\/"), description: "", extension: "" },
      }),
    ],
  ])("leaves a file that a %s of another user shows, until that is revoked", async (_, copyOf) => {
    const { id, file, seq } = await sentFile();
    const other = await openDirect(bob, cem);
    const copy = await expectPosted(bob, other.id, copyOf(id, seq, file));
    await untilRecorded(id);
    await untilRecorded(other.id);
    await revokeAndPass(ann, id, seq);
    expect(await statusOf(file)).toBe(200);
    // The uploader has taken it back before.
    await revokeAndPass(bob, other.id, copy.seq);
    await expectGone(file);
  });

  test("leaves a file that was sent while it could be read, though D1 learns of it later", async () => {
    const { id, file, seq } = await sentFile();
    const other = await openDirect(bob, cem);
    await revoke(ann, id, seq);
    await passSeconds(10, { conversations: [id] });
    overrideTiming({ files: { recordMs: 60_000 } });
    await sendFile(bob, other.id, file);
    await passSeconds(30, { conversations: [id] });
    expect(await statusOf(file)).toBe(404);
    await untilRecorded(other.id);
    expect(await statusOf(file)).toBe(200);
    await passMinute({ conversations: [id] });
    expect(await statusOf(file)).toBe(200);
  });

  test("at the same time as a forward: the file stays if, and only if, the forward is stored", async () => {
    const { id } = await createGroup(ann, [bob]);
    const other = await createGroup(bob, [cem]);
    const files = await Promise.all(Array.from({ length: 20 }, () => uploadFile(ann)));
    const seqs = [];
    for (const file of files) seqs.push(await sendFile(ann, id, file));
    const stored = await Promise.all(
      seqs.map(async (seq, i) => {
        const forwards = () => postDraft(bob, other.id, { forward: { conversation_id: id, seq } });
        const calls = [() => revoke(ann, id, seq), forwards] as const;
        const [, answer] = await Promise.all(
          i % 2 === 0 ? [calls[0](), calls[1]()] : [undefined, calls[1](), calls[0]()],
        );
        return answer?.status === 201;
      }),
    );
    expect(new Set(stored).size).toBeGreaterThan(0);
    await passMinute({ conversations: [id, other.id] });
    for (const [i, file] of files.entries()) expect(await statusOf(file), `${i}`).toBe(stored[i] ? 200 : 404);
  });

  test("leaves a file that was forwarded while D1 was lost, as the forward is recorded first", async () => {
    const { id, file, seq } = await sentFile();
    const other = await openDirect(bob, cem);
    await untilRecorded(id);
    await revoke(ann, id, seq);
    await passSeconds(2, { conversations: [id] });
    {
      using _ = interceptD1(() => Promise.reject(new Error("D1_ERROR: Network connection lost.")));
      await sendFile(bob, other.id, file);
      await passSeconds(600, { conversations: [id, other.id] });
    }
    // The job of the revoke runs first, although it is late.
    await passSeconds(10, { conversations: [id] });
    await passMinute({ conversations: [id, other.id] });
    expect(await statusOf(file)).toBe(200);
  });

  test("takes the file of an upload in parts, which is forgotten then", async () => {
    const { id } = await createGroup(ann, [bob]);
    const bytes = pseudoRandomBytes(1_000);
    const upload = await filled(ann, bytes);
    const file = await expectFile(await complete(ann, upload.id), bytes);
    await revokeAndPass(ann, id, await sendFile(ann, id, file));
    await expectGone(file);
    expect((await complete(ann, upload.id)).status).toBe(404);
  });
});

test("the hourly job takes what no object looks after, bytes too, within two days", async () => {
  const { id, file, seq } = await sentFile();
  await revoke(ann, id, seq);
  await untilRecorded(id);
  await passHours(2, withoutDeletes());
  expect(await statusOf(file)).toBe(404);
  expect((await storedFiles()).objects).toContain(file.key);
  // Orphaned bytes are a day old before a round of cleanups deletes them.
  for (const hours of [TWO_DAYS / 2, TWO_DAYS / 2]) await passHours(hours);
  await expectGone(file);
});

describe("an edit", () => {
  test("takes a file as soon as no version shows it", async () => {
    const { id } = await createGroup(ann, [bob]);
    const file = await uploadFile(ann);
    const { seq } = await send(ann, id, `see ${file.url}`);
    await edit(ann, id, seq, { body: "another text" });
    await passMinute({ conversations: [id] });
    // Members see it in the history of the message.
    expect(await statusOf(file)).toBe(200);
    for (let version = 2; version <= LIMITS.formerVersions + 1; version++)
      await edit(ann, id, seq, { body: `text ${version}`, base_version: version });
    await passMinute({ conversations: [id] });
    await expectGone(file);
  });
});

test("a message without a file schedules nothing, and one with a file writes no row of D1 while it is sent", async () => {
  // No alarm runs the job meanwhile.
  overrideTiming({ files: { recordMs: 60_000 } });
  const { id } = await createGroup(ann, [bob]);
  const stub = env.CONVERSATION.getByName(String(id));
  const hasJob = () =>
    runInDurableObject(
      stub,
      (_, { storage }) => storage.sql.exec("SELECT 1 FROM jobs WHERE kind = 'files'").toArray().length === 1,
    );
  await send(ann, id, "the files are here: /files/x");
  expect(await hasJob()).toBe(false);
  const file = await uploadFile(ann);
  const asked: string[] = [];
  using _ = interceptD1((statement, work) => {
    asked.push(statement);
    return work();
  });
  await sendFile(ann, id, file);
  expect(asked.filter((statement) => statement.includes("file"))).toEqual([]);
  expect(await hasJob()).toBe(true);
  await untilRecorded(id);
  expect(asked.filter((statement) => statement.includes("file"))).toHaveLength(1);
});

describe("an avatar", () => {
  test("of a user keeps its file, until it is replaced", async () => {
    const { id, file, seq } = await sentFile();
    const setAvatar = (avatar: string) => call("PATCH", "/v1/me", { token: cem.token, body: { avatar } });
    expect((await setAvatar(file.url)).status).toBe(200);
    await revokeAndPass(ann, id, seq);
    expect(await statusOf(file)).toBe(200);
    expect((await setAvatar("")).status).toBe(200);
    // Nobody looks when an avatar is replaced, but the hourly job.
    await passHours(TWO_DAYS);
    await expectGone(file);
  });

  test("of a group keeps its file, also in the lists of those who have left", async () => {
    const { id, file, seq } = await sentFile();
    const other = await createGroup(bob, [cem]);
    const body = { avatar: file.url };
    const path = `/v1/conversations/${other.id}`;
    expect((await call("PATCH", path, { token: bob.token, body })).status).toBe(200);
    expect((await call("POST", `${path}/leave`, { token: cem.token })).status).toBeLessThan(300);
    expect((await call("PATCH", path, { token: bob.token, body: { avatar: "" } })).status).toBe(200);
    await revokeAndPass(ann, id, seq);
    expect(await statusOf(file)).toBe(200);
  });
});
