import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { z } from "zod";
import { call } from "../support/api.ts";
import { list, page, send } from "../support/chat.ts";
import { anotherDevice, conversationObject, inboxObject, newGroup, nth, people } from "../support/room.ts";
import { openRoom } from "../support/socket.ts";

const Tables = z.array(z.object({ name: z.string() }));

/** What a newer release does at most: each table has one column more. */
async function addColumns(object: ReturnType<typeof conversationObject | typeof inboxObject>): Promise<void> {
  await runInDurableObject(object, (_, { storage }) => {
    const query =
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*' AND name NOT GLOB 'words*'";
    for (const { name } of Tables.parse(storage.sql.exec(query).toArray())) {
      storage.sql.exec(`ALTER TABLE "${name}" ADD COLUMN later INTEGER NOT NULL DEFAULT 7`);
    }
  });
  await evictDurableObject(object);
}

test("this release runs on tables to which a newer one has added", async () => {
  const all = await people(3);
  const [ann, bob, cid] = [nth(all, 0), nth(all, 1), nth(all, 2)];
  const id = await newGroup(ann, bob);
  await send(ann, id, "before");
  await list(cid);
  await addColumns(conversationObject(id));
  for (const { user } of all) await addColumns(inboxObject(user.id));

  const path = `/v1/conversations/${id}`;
  const done = async (method: string, rest: string, body?: unknown) => {
    const answer = await call(method, `${path}${rest}`, {
      token: ann.token,
      ...(body !== undefined && { body }),
    });
    expect([200, 201, 204], JSON.stringify(answer.body)).toContain(answer.status);
  };
  await done("POST", "/members", { user_ids: [cid.user.id] });
  await done("PATCH", `/members/${cid.user.id}`, { role: "admin", name_card: "C" });
  await done("PATCH", "", { name: "renamed" });
  await done("PUT", "/preferences", { sticky: true });
  const phone = await anotherDevice(cid);
  const socket = await openRoom(id, phone.token, "?after=0&rev=0");
  await send(bob, id, { kind: "text", body: { text: "after" }, client_msg_id: "1" });
  await done("DELETE", "/messages/1?for=everyone");
  await done("DELETE", "/messages/2?for=me");
  await done("PUT", "/read", { seq: 3 });
  expect((await page(cid, id)).items).toHaveLength(5 - 1);
  expect((await list(cid)).items.map(({ name }) => name)).toEqual(["renamed"]);
  expect((await call("POST", "/v1/logout", { token: phone.token })).status).toBe(204);
  expect(await socket.closed()).toMatchObject({ code: 4001 });
  await done("POST", "/owner", { user_id: bob.user.id });
  await done("POST", "/leave");
});
