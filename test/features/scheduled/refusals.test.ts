import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { deleteAccount, runAccountDeletion, storedAnywhere } from "../../support/accounts/deletion.ts";
import { call, expectProblem, register, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, deleteMessage, openDirect, page, send } from "../../support/clients/chat.ts";
import {
  changeScheduled,
  DAY,
  deleteScheduled,
  getScheduled,
  HOUR,
  listScheduled,
  pass,
  postScheduled,
  runScheduled,
  type StrictScheduled,
  schedule,
} from "../../support/clients/scheduled.ts";
import { openDevice } from "../../support/clients/socket.ts";
import { setQuotas } from "../../support/settings.ts";
import { deleteFile, uploadFile } from "../files/lifetime.ts";

let ann: SignedIn;
let dan: SignedIn;

beforeAll(async () => {
  [ann, dan] = await Promise.all([register(), register()]);
});

/** A group of Ann's with a new user. */
async function group(): Promise<{ bob: SignedIn; id: number }> {
  const bob = await register();
  return { bob, id: (await createGroup(ann, [bob, dan])).id };
}

/** Asserts a success of a call of Ann's. */
async function annDoes(method: string, path: string, body?: unknown): Promise<void> {
  const answer = await call(method, path, { token: ann.token, body });
  expect([200, 204], JSON.stringify(answer.body)).toContain(answer.status);
}

interface Case {
  /** what happens between the call and the time */
  meanwhile(about: { bob: SignedIn; id: number; made: StrictScheduled }): Promise<unknown>;
  what?(about: { bob: SignedIn; id: number }): Promise<object>;
  code: string;
}

const CASES: Record<string, Case> = {
  "who was removed": {
    meanwhile: ({ bob, id }) => annDoes("DELETE", `/v1/conversations/${id}/members/${bob.user.id}`),
    code: "not_found",
  },
  "who was banned": {
    meanwhile: ({ bob, id }) => annDoes("PUT", `/v1/conversations/${id}/bans/${bob.user.id}`, {}),
    code: "not_found",
  },
  "who was muted": {
    meanwhile: ({ bob, id }) =>
      annDoes("PATCH", `/v1/conversations/${id}/members/${bob.user.id}`, { muted_for_s: 86_400 }),
    code: "muted",
  },
  "of a group that was dissolved": {
    meanwhile: ({ id }) => annDoes("DELETE", `/v1/conversations/${id}`),
    code: "not_found",
  },
  "to a member who has left": {
    what: async () => ({ kind: "text", body: { text: "@dan" }, mentions: [dan.user.id] }),
    meanwhile: ({ id }) => call("POST", `/v1/conversations/${id}/leave`, { token: dan.token }),
    code: "not_found",
  },
  "with a file that was deleted": {
    what: async ({ bob }) => {
      const { url, key } = await uploadFile(bob);
      deletable.set(bob.user.id, key);
      return { kind: "file", body: { url, name: "a.txt" } };
    },
    meanwhile: async ({ bob }) =>
      expect(await deleteFile(bob, { key: deletable.get(bob.user.id) ?? "" })).toBe(204),
    code: "not_found",
  },
  "that forwards what was revoked": {
    what: async ({ id }) => ({
      forward: { conversation_id: id, seq: (await send(ann, id, "original")).seq },
    }),
    meanwhile: async ({ id }) => expect((await deleteMessage(ann, id, 1, "everyone")).status).toBe(204),
    code: "validation_failed",
  },
};

const deletable = new Map<number, string>();

describe("at the due time", () => {
  test.each(Object.entries(CASES))("a message is refused %s: kept, told, and not sent", async (_, one) => {
    const { bob, id } = await group();
    const what = (await one.what?.({ bob, id })) ?? { kind: "text", body: { text: "late" } };
    const made = await schedule(bob, id, what);
    await one.meanwhile({ bob, id, made });
    const socket = await openDevice(bob.token);
    await pass(bob, 2 * HOUR);
    const failed = { ...made, failed: one.code, failed_at: expect.any(Number) };
    expect((await listScheduled(bob)).items).toEqual([failed]);
    await socket.until((reached) => reached.of("scheduled").length > 0);
    expect(socket.of("scheduled")).toEqual([
      { type: "scheduled", event: "failed", conversation_id: id, id: made.id, scheduled: failed },
    ]);
    await runScheduled(bob);
    const seen = await call("GET", `/v1/conversations/${id}/messages`, { token: ann.token });
    expect(JSON.stringify(seen.body)).not.toContain(made.client_msg_id);
  });

  test("a message is refused across a block, in silence", async () => {
    const bob = await register();
    const { id } = await openDirect(bob, dan);
    const made = await schedule(bob, id, "late");
    const block = `/v1/blocks/${bob.user.id}`;
    expect((await call("PUT", block, { token: dan.token })).status).toBe(204);
    await pass(bob, 2 * HOUR);
    expect((await listScheduled(bob)).items).toMatchObject([{ id: made.id, failed: "blocked" }]);
    expect((await page(dan, id)).items).toEqual([]);
  });

  test("a refusal stops no other message", async () => {
    const { bob, id } = await group();
    const { seq } = await send(ann, id, "original");
    const what = { forward: { conversation_id: id, seq } };
    const made = await schedule(bob, id, what);
    await schedule(bob, id, { kind: "text", body: { text: "next" }, send_at: made.send_at });
    await deleteMessage(ann, id, seq, "everyone");
    await pass(bob, 2 * HOUR);
    expect((await page(bob, id)).items.at(-1)).toMatchObject({ body: { text: "next" } });
    expect((await listScheduled(bob)).items).toHaveLength(1);
  });

  test("nothing is refused that is allowed again", async () => {
    const { bob, id } = await group();
    await schedule(bob, id, "late");
    const path = `/v1/conversations/${id}/members/${bob.user.id}`;
    await annDoes("PATCH", path, { muted_for_s: 86_400 });
    await annDoes("PATCH", path, { muted_for_s: 0 });
    await pass(bob, 2 * HOUR);
    expect((await page(bob, id)).items.at(-1)).toMatchObject({ body: { text: "late" } });
  });
});

describe("a refused message", () => {
  async function refused() {
    const { bob, id } = await group();
    const made = await schedule(bob, id, { kind: "text", body: { text: "late" }, client_msg_id: "m1" });
    const path = `/v1/conversations/${id}/members/${bob.user.id}`;
    await annDoes("PATCH", path, { muted_for_s: 7_200 });
    await pass(bob, HOUR + 1_000);
    return { bob, id, made };
  }

  test("is kept for a week", async () => {
    const { bob, made } = await refused();
    await pass(bob, 7 * DAY - HOUR);
    expect((await getScheduled(bob, made)).body).toMatchObject({ failed: "muted" });
    await pass(bob, HOUR);
    expectProblem(await getScheduled(bob, made), 404, "not_found");
  });

  test("can be deleted, and takes none of the places", async () => {
    // A new account has a fifth.
    onTestFinished(setQuotas("scheduled=25"));
    const { bob, id, made } = await refused();
    await Promise.all(Array.from({ length: 5 }, () => schedule(bob, id, "x")));
    expectProblem(await changeScheduled(bob, made, { send_at: Date.now() + HOUR }), 429, "quota");
    expect((await deleteScheduled(bob, made)).status).toBe(204);
    expectProblem(await postScheduled(bob, id, "x"), 429, "quota");
  });

  test("waits again with a new time, and with nothing less", async () => {
    const { bob, id, made } = await refused();
    const same = { kind: "text", body: { text: "x" } };
    expectProblem(await changeScheduled(bob, made, same), 409, "conflict");
    const again = await changeScheduled(bob, made, { ...same, send_at: Date.now() + 3 * HOUR });
    expect(again.status).toBe(200);
    expect(again.body).not.toHaveProperty("failed");
    await pass(bob, 4 * HOUR);
    expect((await page(bob, id)).items.at(-1)).toMatchObject({ body: { text: "x" }, client_msg_id: "m1" });
  });

  test("is what a repeated call gives", async () => {
    const { bob, id, made } = await refused();
    const repeated = { kind: "text", body: { text: "late" }, client_msg_id: "m1" };
    expect(await schedule(bob, id, repeated)).toMatchObject({ id: made.id, failed: "muted" });
  });
});

test("the deletion of the account erases what is scheduled, and nothing is sent", async () => {
  const { bob, id } = await group();
  const { url } = await uploadFile(bob);
  await schedule(bob, id, "a secret that nobody reads");
  await schedule(bob, id, { kind: "file", body: { url, name: "a-secret.txt" } });
  await runScheduled(bob);
  expect((await deleteAccount(bob)).status).toBe(204);
  await runAccountDeletion(bob);
  expect(await storedAnywhere([id], [bob])).not.toContain("secret");
  await pass(bob, 2 * HOUR);
  expect((await page(ann, id)).items.filter(({ kind }) => kind !== "tip")).toEqual([]);
  expect(await storedAnywhere([id], [bob])).not.toContain("scheduled-");
});
