import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { z } from "zod";
import { call, register } from "../../support/api.ts";

const List = z.object({
  items: z.array(
    z.looseObject({ last_seq: z.int(), unread_count: z.int(), last_message: z.looseObject({}).nullable() }),
  ),
});

const Id = z.looseObject({ id: z.int() });

test("a list that is asked for while people write is exact at once, not when the fan-out comes by", async () => {
  const [ann, bob] = [await register(), await register()];
  const body = { kind: "direct", user_id: bob.user.id };
  const opened = await call("POST", "/v1/conversations", { token: ann.token, body });
  const { id } = Id.parse(opened.body);
  const send = async (seq: number) => {
    const message = { kind: "text", body: { text: `message ${seq}` } };
    const answer = await call("POST", `/v1/conversations/${id}/messages`, {
      token: ann.token,
      body: message,
    });
    expect(answer.status).toBe(201);
  };
  const list = async () => {
    const answer = await call("GET", "/v1/conversations", { token: bob.token });
    return List.parse(answer.body).items[0];
  };
  await send(1);
  await expect.poll(list).toMatchObject({ last_seq: 1 });
  for (let seq = 2; seq <= 20; seq++) {
    await send(seq);
    const text = `message ${seq}`;
    expect(await list()).toMatchObject({
      last_seq: seq,
      unread_count: seq,
      last_message: { body: { text } },
    });
  }
});

test("that holds over an eviction of the inbox", async () => {
  const [ann, bob] = [await register(), await register()];
  const body = { kind: "direct", user_id: bob.user.id };
  const opened = await call("POST", "/v1/conversations", { token: ann.token, body });
  const { id } = Id.parse(opened.body);
  const list = async () => {
    const answer = await call("GET", "/v1/conversations", { token: bob.token });
    return List.parse(answer.body).items[0];
  };
  await expect.poll(list).toMatchObject({ last_seq: 0 });
  const message = { kind: "text", body: { text: "hello" } };
  await call("POST", `/v1/conversations/${id}/messages`, { token: ann.token, body: message });
  await evictDurableObject(env.INBOX.getByName(String(bob.user.id)));
  expect(await list()).toMatchObject({ last_seq: 1, unread_count: 1 });
});
