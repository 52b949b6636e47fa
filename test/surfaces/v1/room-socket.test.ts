import { expect, test } from "vitest";
import { z } from "zod";
import { call, register, type SignedIn } from "../../support/api.ts";
import { openRoom } from "../../support/socket.ts";

const Id = z.looseObject({ id: z.int() });

async function direct(a: SignedIn, b: SignedIn): Promise<number> {
  const answer = await call("POST", "/v1/conversations", {
    token: a.token,
    body: { kind: "direct", user_id: b.user.id },
  });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return Id.parse(answer.body).id;
}

test("two people chat over sockets", async () => {
  const [ann, bob] = [await register(), await register()];
  const id = await direct(ann, bob);
  const a = await openRoom(id, ann.token);
  const b = await openRoom(id, bob.token);
  a.send({ type: "send", client_msg_id: "1", kind: "text", body: { text: "你好, Bob" } });
  const ack = await a.next("ack");
  expect(ack).toMatchObject({ client_msg_id: "1", conversation_id: id, seq: 1 });
  const shown = await b.next("message");
  expect(shown).toMatchObject({
    message: {
      conversation_id: id,
      seq: 1,
      sender: { id: ann.user.id },
      kind: "text",
      body: { text: "你好, Bob" },
      mentions: [],
      revoked: false,
      client_msg_id: "1",
    },
  });
  // Bumps follow the message: his list knows it a moment later.
  const list = () => call("GET", "/v1/conversations", { token: bob.token });
  let answer = await list();
  while (!JSON.stringify(answer.body).includes('"last_seq":1')) answer = await list();
  expect(answer.body).toMatchObject({ items: [{ id, unread_count: 1, last_message: { seq: 1 } }] });
});
