import { beforeAll, expect, test } from "vitest";
import { AttachmentsPage } from "../../../src/surfaces/v1/messages/search.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, expectProblem, type SignedIn } from "../../support/clients/api.ts";
import { ask, deleteMessage, send } from "../../support/clients/chat.ts";
import { createGroupId, range } from "../../support/objects/room.ts";

let ann: SignedIn;
let bob: SignedIn;
let cem: SignedIn;

beforeAll(async () => {
  [ann, bob, cem] = await signedInUsers(3);
});

const URL = "https://files.example/a";
const picture = { kind: "image", body: { url: URL } };
const film = { kind: "video", body: { url: URL } };
const file = { kind: "file", body: { url: URL, name: "plan.pdf" } };
const sound = { kind: "audio", body: { url: URL, duration_ms: 900 } };

async function pageOf(who: SignedIn, id: number, type: string, query = "") {
  const path = `/v1/conversations/${id}/attachments?type=${type}${query}`;
  const answer = await call("GET", path, { token: who.token });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return AttachmentsPage.parse(answer.body);
}

async function seqs(who: SignedIn, id: number, type: string): Promise<number[]> {
  return (await pageOf(who, id, type)).items.map(({ seq }) => seq);
}

test("each type has its messages, newest first, and those of threads", async () => {
  const id = await createGroupId(ann, bob);
  await send(ann, id, "words alone");
  for (const content of [picture, file, sound, film]) await send(ann, id, content);
  await send(bob, id, `look: ${URL}`);
  await send(bob, id, { ...file, thread: { root: 1, also_in_main: false } });
  expect(await seqs(bob, id, "media")).toEqual([5, 2]);
  expect(await seqs(bob, id, "file")).toEqual([7, 3]);
  expect(await seqs(bob, id, "audio")).toEqual([4]);
  expect(await seqs(bob, id, "link")).toEqual([6]);
});

test("pages follow each other, and a message is in one of them", async () => {
  const id = await createGroupId(ann, bob);
  for (const _ of range(1, 5)) {
    await send(ann, id, picture);
    await send(ann, id, "between");
  }
  const first = await pageOf(ann, id, "media", "&limit=2");
  expect(first).toMatchObject({ items: [{ seq: 9 }, { seq: 7 }], next_before: 7 });
  const second = await pageOf(ann, id, "media", "&limit=2&before=7");
  expect(second).toMatchObject({ items: [{ seq: 5 }, { seq: 3 }], next_before: 3 });
  expect(await pageOf(ann, id, "media", "&limit=2&before=3")).toMatchObject({
    items: [{ seq: 1 }],
    next_before: null,
  });
});

test("a revoked message, an edited one and what a member may not see are not among them", async () => {
  const id = await createGroupId(ann, bob);
  await send(ann, id, picture);
  await send(ann, id, picture);
  await send(ann, id, `see ${URL}`);
  await send(ann, id, picture);
  await deleteMessage(ann, id, 1, "everyone");
  await deleteMessage(bob, id, 2, "me");
  const body = { body: { text: "see nothing" }, base_version: 1 };
  expect((await ask(ann, id, "PATCH", "/messages/3", body)).status).toBe(200);
  expect(await seqs(ann, id, "media")).toEqual([4, 2]);
  expect(await seqs(bob, id, "media")).toEqual([4]);
  expect(await seqs(ann, id, "link")).toEqual([]);
  // A newcomer of such a group sees nothing from before.
  expect((await ask(ann, id, "POST", "/members", { user_ids: [cem.user.id] })).status).toBe(200);
  expect(await seqs(cem, id, "media")).toEqual([]);
});

test("an unknown type and no type at all are refused", async () => {
  const id = await createGroupId(ann, bob);
  for (const query of ["", "?type=", "?type=picture", "?type=media&limit=0", "?type=media&before=x"])
    expectProblem(await ask(ann, id, "GET", `/attachments${query}`), 400, "validation_failed");
  expectProblem(await ask(cem, id, "GET", "/attachments?type=media"), 404, "not_found");
});
