import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { type Answer, call, register, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, getConversation, listedConversation } from "../../support/clients/chat.ts";
import { HeldInbox } from "../../support/faults/hold.ts";
import { inboxObject } from "../../support/objects/room.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: number;

beforeAll(async () => {
  [ann, bob] = await Promise.all([register(), register()]);
  ({ id } = await createGroup(ann, [bob]));
});

const prefer = ({ token }: SignedIn, body: object): Promise<Answer> =>
  call("PUT", `/v1/conversations/${id}/preferences`, { token, body });

const Flag = z.object({ pinned: z.int() });

/** The pinned flag in D1 and its copy in the inbox. */
async function sticky({ user }: SignedIn): Promise<{ d1: number; inbox: number }> {
  const query = "SELECT pinned FROM memberships WHERE conversation_id = ? AND user_id = ?";
  const d1 = Flag.parse(await env.DB.prepare(query).bind(id, user.id).first());
  const inbox = await runInDurableObject(inboxObject(user.id), (_, { storage }) =>
    Flag.parse(storage.sql.exec("SELECT pinned FROM conversations WHERE conversation_id = ?", id).one()),
  );
  return { d1: d1.pinned, inbox: inbox.pinned };
}

test("preferences that are set concurrently do not undo each other", async () => {
  for (const value of [true, false, true]) {
    const flags = ["sticky", "silent", "validation"];
    const answers = await Promise.all(flags.map((flag) => prefer(ann, { [flag]: value })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const all = { sticky: value, silent: value, validation: value };
    expect(await getConversation(ann, id)).toMatchObject(all);
    expect(await listedConversation(ann, id)).toMatchObject(all);
  }
  expect(await getConversation(bob, id)).toMatchObject({ sticky: false, silent: false, validation: false });
});

test("a delayed call leaves in the inbox the value that D1 has now", async () => {
  const inD1 = (value: number) =>
    env.DB.prepare("UPDATE memberships SET pinned = ? WHERE conversation_id = ? AND user_id = ?")
      .bind(value, id, bob.user.id)
      .run();
  await inD1(0);
  const held = await HeldInbox.hold(bob.user.id);
  try {
    const late = prefer(bob, { sticky: true });
    const query = "SELECT pinned FROM memberships WHERE conversation_id = ? AND user_id = ?";
    const stored = async () => Flag.parse(await env.DB.prepare(query).bind(id, bob.user.id).first()).pinned;
    await expect.poll(stored).toBe(1);
    // A later change, which the inbox has already applied.
    await inD1(0);
    held.release();
    expect((await late).body).toMatchObject({ sticky: false });
  } finally {
    held.release();
  }
  expect(await sticky(bob)).toEqual({ d1: 0, inbox: 0 });
});
