import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { deleteAccount, runAccountDeletion } from "../../support/accounts/deletion.ts";
import { call, register, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, deleteMessage, openDirect, send } from "../../support/clients/chat.ts";
import { type StrictFile, storedFiles } from "../../support/clients/files.ts";
import { expectPosted, mergedDraft, postDraft } from "../../support/clients/forwards.ts";
import { interceptD1 } from "../../support/faults/d1.ts";
import { evict } from "../../support/objects/sleep.ts";
import { data, success, tim } from "../../surfaces/tim/client.ts";
import { passHours, sendFile, statusOf, untilRecorded, uploadFile, withoutDeletes } from "./lifetime.ts";

/** A file that nothing shows is gone within two days. */
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
  await untilRecorded(id);
  await passHours(TWO_DAYS);
}

/** A group of all, with a message that shows a new file of Ann's. */
async function sentFile() {
  const { id } = await createGroup(ann, [bob, cem]);
  const file = await uploadFile(ann);
  return { id, file, seq: await sendFile(ann, id, file) };
}

/** Asserts that a file is gone in every respect. */
async function expectGone(file: StrictFile): Promise<void> {
  expect(await statusOf(file)).toBe(404);
  const { objects, rows } = await storedFiles();
  expect([...objects, ...rows]).not.toContain(file.key);
}

describe("a revoke", () => {
  test("takes the file that nothing else shows, within two days", async () => {
    const { id, file, seq } = await sentFile();
    await untilRecorded(id);
    await revoke(ann, id, seq);
    await untilRecorded(id);
    expect(await statusOf(file)).toBe(200);
    await passHours(TWO_DAYS);
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
    await revoke(bob, other.id, copy.seq);
    await untilRecorded(other.id);
    await passHours(TWO_DAYS);
    await expectGone(file);
  });

  test("leaves a forward whose conversation cannot record it for a day", async () => {
    const { id, file, seq } = await sentFile();
    const other = await openDirect(bob, cem);
    await expectPosted(bob, other.id, { forward: { conversation_id: id, seq } });
    await revoke(ann, id, seq);
    await untilRecorded(id);
    await passHours(29);
    await untilRecorded(other.id);
    await passHours(TWO_DAYS);
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
    await untilRecorded(id);
    await untilRecorded(other.id);
    await passHours(TWO_DAYS);
    for (const [i, file] of files.entries()) expect(await statusOf(file), `${i}`).toBe(stored[i] ? 200 : 404);
  });

  test("is reported once D1 answers again, also after an eviction", async () => {
    const { id, file, seq } = await sentFile();
    {
      using _ = interceptD1((statement, work) => {
        if (statement !== "BATCH" && !statement.includes("file_references")) return work();
        throw new Error("D1_ERROR: Network connection lost.");
      });
      await revoke(ann, id, seq);
      await expect(untilRecorded(id)).rejects.toThrow("still jobs");
    }
    await evict(id);
    await untilRecorded(id);
    await passHours(TWO_DAYS);
    await expectGone(file);
  });
});

test("a crash between the row and the bytes: the bytes go within two days of the revoke", async () => {
  const { id, file, seq } = await sentFile();
  await revoke(ann, id, seq);
  await untilRecorded(id);
  await passHours(32, withoutDeletes());
  expect(await statusOf(file)).toBe(404);
  expect((await storedFiles()).objects).toContain(file.key);
  await passHours(TWO_DAYS - 32);
  await expectGone(file);
});

test("a message without a file schedules nothing, and one with a file writes no row of D1 while it is sent", async () => {
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

describe("the deletion of an account", () => {
  test("takes all files that nothing shows, and leaves those of remaining messages", async () => {
    const dan = await register();
    const [avatar, replaced, unsent, sent, shown] = await Promise.all(
      Array.from({ length: 5 }, () => uploadFile(dan)),
    );
    if (!avatar || !replaced || !unsent || !sent || !shown) throw new Error("five files");
    const ofOther = await uploadFile(ann);
    const { id } = await createGroup(ann, [dan]);
    await sendFile(dan, id, sent);
    for (const { url } of [replaced, avatar]) {
      const body = { avatar: url };
      expect((await call("PATCH", "/v1/me", { token: dan.token, body })).status).toBe(200);
    }
    const body = { avatar: shown.url };
    expect((await call("PATCH", `/v1/conversations/${id}`, { token: ann.token, body })).status).toBe(200);
    await untilRecorded(id);
    expect((await deleteAccount(dan)).status).toBe(204);
    await runAccountDeletion(dan);
    await passHours(TWO_DAYS);
    for (const file of [avatar, replaced, unsent]) await expectGone(file);
    for (const file of [sent, shown, ofOther]) expect(await statusOf(file)).toBe(200);
    // A file goes, too, once nothing shows it any more.
    expect(
      (await call("PATCH", `/v1/conversations/${id}`, { token: ann.token, body: { avatar: "" } })).status,
    ).toBe(200);
    const { seq } = z
      .object({ items: z.array(z.object({ seq: z.int(), kind: z.string() })) })
      .parse((await call("GET", `/v1/conversations/${id}/messages`, { token: ann.token })).body)
      .items.find(({ kind }) => kind === "file") ?? { seq: 0 };
    await revokeAndPass(ann, id, seq);
    for (const file of [sent, shown]) await expectGone(file);
  });
});

describe("the file of a stored draft", () => {
  const Draft = z.looseObject({ ID: z.string(), payload: z.looseObject({ fileUrl: z.string() }) });

  const draftWithFile = (to: SignedIn) =>
    data(Draft, ann, "/message/createMessage", {
      ...{ to: to.user.username, conversationType: "C2C" },
      payload: { file: { data: "aGVsbG8=", name: "a.txt", type: "text/plain" } },
    });

  test("ends with the draft, within two days", async () => {
    const { payload } = await draftWithFile(bob);
    expect(await statusOf({ url: payload.fileUrl })).toBe(200);
    await passHours(TWO_DAYS);
    expect(await statusOf({ url: payload.fileUrl })).toBe(404);
    expect((await storedFiles()).objects).not.toContain(payload.fileUrl.split("/").at(-2));
  });

  test("goes with the message that it became, which is revoked over the same API", async () => {
    const draft = await draftWithFile(bob);
    const sent = success(await tim(ann, "/message/sendMessage", { message: draft })).data;
    const { message } = z.object({ message: z.looseObject({ ID: z.string() }) }).parse(sent);
    const { id } = await openDirect(ann, bob);
    await untilRecorded(id);
    success(await tim(ann, "/message/revokeMessage", { ID: message.ID }));
    await untilRecorded(id);
    await passHours(TWO_DAYS);
    expect(await statusOf({ url: draft.payload.fileUrl })).toBe(404);
  });

  test("stays if the draft was sent, however late, until the message is revoked", async () => {
    const draft = await draftWithFile(bob);
    const url = draft.payload.fileUrl;
    await passHours(23);
    success(await tim(ann, "/message/sendMessage", { message: draft }));
    const { id } = await openDirect(ann, bob);
    await untilRecorded(id);
    await passHours(TWO_DAYS);
    expect(await statusOf({ url })).toBe(200);
    const messages = await call("GET", `/v1/conversations/${id}/messages`, { token: ann.token });
    const { items } = z.object({ items: z.array(z.object({ seq: z.int() })) }).parse(messages.body);
    await revoke(ann, id, items.at(-1)?.seq ?? 0);
    await untilRecorded(id);
    await passHours(TWO_DAYS);
    expect(await statusOf({ url })).toBe(404);
  });

  test("that was uploaded before is kept for the draft", async () => {
    const { id, file, seq } = await sentFile();
    await revoke(ann, id, seq);
    await untilRecorded(id);
    await passHours(29);
    const to = { to: cem.user.username, conversationType: "C2C" };
    const draft = await data(Draft, ann, "/message/createMessage", {
      ...to,
      payload: { file: { url: file.url } },
    });
    await passHours(23);
    success(await tim(ann, "/message/sendMessage", { message: draft }));
    await untilRecorded((await openDirect(ann, cem)).id);
    await passHours(TWO_DAYS);
    expect(await statusOf(file)).toBe(200);
  });
});
