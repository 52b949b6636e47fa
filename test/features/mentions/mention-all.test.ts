import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeEach, expect, test } from "vitest";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { LIMITS } from "../../../src/domain/limits.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { expectProblem, type SignedIn } from "../../support/clients/api.ts";
import { ask, getMessage, send } from "../../support/clients/chat.ts";
import { edit, patch } from "../../support/clients/edits.ts";
import { conversationObject, createGroupId } from "../../support/objects/room.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;

/** A group of Ann and Bob. */
beforeEach(async () => {
  [ann, bob] = await signedInUsers(2);
  id = await createGroupId(ann, bob);
});

/** Adds members of whom nobody is a user, until the group has so many. */
async function grow(members: number): Promise<void> {
  await runInDurableObject(conversationObject(id), (_, { storage }) => {
    const columns =
      "user_id, role, state, joined_at, visible_from, read_seq, read_n, read_at, touched, devices";
    storage.sql.exec(
      `WITH RECURSIVE later (i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM later WHERE i < ?)
       INSERT INTO members (${columns}) SELECT 900000000 + i, 'member', 'active', 1, 0, 0, 0, 0, 0, 0 FROM later`,
      members,
    );
  });
  await evictDurableObject(conversationObject(id));
}

const toAll = { kind: "text", body: { text: "hey" }, mentions: "all" };
const post = (who: SignedIn, body: object) => ask(who, id, "POST", "/messages", body);

test("up to 200 members, every member may mention all, also by an edit", async () => {
  await grow(LIMITS.openMentionAll);
  expect((await post(bob, toAll)).status).toBe(201);
  const { seq } = await send(bob, id, "plain");
  expect(await edit(bob, id, seq, { body: "plain", mentions: "all" })).toMatchObject({ mentions: "all" });
});

test("of more members, the owner may, and a plain member may not: neither by a message nor an edit", async () => {
  const earlier = await send(bob, id, toAll);
  await grow(LIMITS.openMentionAll + 1);
  const refused = await post(bob, toAll);
  expectProblem(refused, 403, "forbidden");
  expect(refused.body).toMatchObject({ policy: "mention_all" });
  const { seq } = await send(bob, id, "plain");
  expectProblem(await patch(bob, id, seq, { body: "plain", mentions: "all" }), 403, "forbidden");
  expect(await getMessage(bob, id, seq)).toMatchObject({ mentions: [], version: 1 });
  // What mentions all already may go on doing so.
  expect(await edit(bob, id, earlier.seq, { body: "hello", mentions: "all" })).toMatchObject({ version: 2 });
  expect((await post(bob, { ...toAll, mentions: [ann.user.id] })).status).toBe(201);
  expect((await post(ann, toAll)).status).toBe(201);
});
