import { beforeAll, describe, expect, test, vi } from "vitest";
import { call, problem, register, type SignedIn } from "../../support/api.ts";
import {
  createGroup,
  getConversation,
  getMessage,
  listed,
  page,
  readable,
  remove,
  send,
  storedInInbox,
} from "../../support/chat.ts";
import { HeldInbox, overtakes } from "../../support/hold.ts";
import { openRoom } from "../../support/socket.ts";

/** The words that must be out of sight. */
const WORDS = "a secret walrus";

let ann: SignedIn;
let bob: SignedIn;
let cem: SignedIn;

beforeAll(async () => {
  [ann, bob, cem] = await Promise.all([register(), register(), register()]);
});

describe("a hide", () => {
  test("takes a message out of one member's sight, not the others'", async () => {
    const { id } = await createGroup(ann, [bob]);
    const first = await send(ann, id, "first");
    const sent = await send(ann, id, WORDS);
    const ofBob = await getConversation(bob, id);
    expect((await remove(bob, id, 2, "me")).status).toBe(204);
    expect((await remove(bob, id, 2, "me")).status).toBe(204);
    expect(await readable(bob, id)).not.toContain(WORDS);
    expect(await storedInInbox(bob)).not.toContain(WORDS);
    expect(await page(bob, id)).toEqual({ items: [first], has_more: false });
    expect(await getConversation(bob, id)).toEqual({ ...ofBob, last_message: first });
    expect(await listed(bob, id)).toEqual({ ...ofBob, last_message: first });
    expect(await page(ann, id)).toEqual({ items: [first, sent], has_more: false });
    expect((await listed(ann, id)).last_message).toEqual(sent);
  });

  test("that comes second is answered when the preview is gone too", async () => {
    const { id } = await createGroup(ann, [bob]);
    await send(ann, id, "first");
    await send(ann, id, WORDS);
    const held = await HeldInbox.hold(bob.user.id);
    try {
      const first = remove(bob, id, 2, "me");
      await vi.waitFor(async () => expect((await page(bob, id)).items).toHaveLength(1));
      expect(await overtakes(remove(bob, id, 2, "me"), () => page(bob, id))).toBe(false);
      await held.release();
      expect((await first).status).toBe(204);
    } finally {
      await held.release();
    }
    expect((await listed(bob, id)).last_message).toMatchObject({ seq: 1 });
  });

  test("makes the message unknown to whoever hid it", async () => {
    const { id } = await createGroup(ann, [bob]);
    await send(bob, id, WORDS);
    expect((await remove(bob, id, 1, "me")).status).toBe(204);
    const token = bob.token;
    problem(await call("GET", `/v1/conversations/${id}/messages/1`, { token }), 404, "not_found");
    problem(await remove(bob, id, 1, "everyone"), 404, "not_found");
    const quoting = { kind: "text", body: { text: "x" }, quote_seq: 1 };
    problem(
      await call("POST", `/v1/conversations/${id}/messages`, { token, body: quoting }),
      404,
      "not_found",
    );
    expect((await getConversation(bob, id)).last_message).toBeNull();
    expect((await listed(bob, id)).last_message).toBeNull();
  });

  test("takes the quote of that message away from whoever hid it, also as it arrives", async () => {
    const { id } = await createGroup(ann, [bob, cem]);
    await send(ann, id, WORDS);
    expect((await remove(bob, id, 1, "me")).status).toBe(204);
    const socket = await openRoom(id, bob.token);
    const quoting = await send(cem, id, { kind: "text", body: { text: "this" }, quote_seq: 1 });
    expect(quoting.quote?.preview).toBe(WORDS);
    const { quote: _, ...without } = quoting;
    expect(await getMessage(bob, id, 2)).toEqual(without);
    expect((await page(bob, id)).items).toEqual([without]);
    expect((await getConversation(bob, id)).last_message).toEqual(without);
    expect((await socket.next("message")).message).toEqual(without);
    expect((await getMessage(ann, id, 2)).quote).toEqual(quoting.quote);
    socket.close();
  });
});
