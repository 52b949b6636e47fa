import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { getMessage, send } from "../../support/clients/chat.ts";
import { edit } from "../../support/clients/edits.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { aside, reply } from "../../support/clients/threads.ts";
import { eventually } from "../../support/eventually.ts";
import { itemAt } from "../../support/objects/room.ts";
import type { Driver } from "../../support/surfaces/driver.ts";
import { setTiming } from "../../support/timing.ts";
import { DRIVERS } from "../drivers.ts";
import { v1 } from "../v1/driver.ts";

// A short cooldown brings the list up to date at once; each poll of it costs a call.
beforeAll(() => setTiming({ fanout: { cooldownMs: 10 } }));

const POLL = {
  kind: "poll",
  body: { question: "word?", options: ["yes", "no"], multiple: false, anonymous: false, ends_at: 0 },
};

/** The seqs of the messages that contain a text, newest first. */
async function found({ token }: SignedIn, id: ConversationId, text: string): Promise<number[]> {
  const answer = await call("GET", `/v1/conversations/${id}/messages/search?q=${text}`, { token });
  return Found.parse(answer.body).items.map(({ seq }) => seq);
}

const Found = z.object({ items: z.array(z.object({ seq: z.int() })) });

test.each(DRIVERS.filter(({ revoke }) => revoke))(
  "a revoke over $name takes all that was put beside a message",
  async (driver) => {
    const surface: Required<Driver> = { ...v1, ...driver };
    const users = await signedInUsers(2);
    const [ann, bob] = [itemAt(users, 0), itemAt(users, 1)];
    const id = await surface.open(ann, bob);
    const of = (seq: number) => `/v1/conversations/${id}/messages/${seq}`;
    const put = async (path: string, body?: object) =>
      expect((await call("PUT", path, { token: bob.token, ...(body && { body }) })).status).toBeLessThan(300);
    await send(ann, id, "word: root");
    await send(ann, id, POLL);
    await send(bob, id, aside(1, "word: aside"));
    await send(ann, id, reply(1, "word: reply"));
    await edit(ann, id, 1, { body: "word: edited" });
    for (const seq of [1, 2]) await put(`${of(seq)}/reactions/:yes:`);
    await put(`${of(2)}/votes`, { options: [1] });
    await put(`${of(1)}/pin`);
    // The pin is a system message.
    await eventually(async () => expect(await surface.unread(bob, id)).toBe(3));
    expect(await found(bob, id, "word")).toEqual([4, 3, 2, 1]);
    const socket = await openRoom(id, bob.token);
    for (const seq of [1, 2, 4]) await surface.revoke(ann, id, seq);
    expect(await surface.history(bob, id)).toEqual([]);
    expect(await found(bob, id, "word")).toEqual([3]);
    // Nobody has a revoked message unread.
    await eventually(async () => expect(await surface.unread(bob, id)).toBe(0));
    const root = await getMessage(bob, id, 1);
    expect(root).toMatchObject({ revoked: true, body: {}, reactions: [], mine: [], pinned_at: 0 });
    expect(root).not.toHaveProperty("edited_at");
    expect(root.thread_summary).toMatchObject({ count: 1, last_seq: 3 });
    const poll = await getMessage(bob, id, 2);
    expect(poll).toMatchObject({ revoked: true, body: {}, kind: "poll", reactions: [], votes: [] });
    expect(poll).not.toHaveProperty("poll");
    expect(await getMessage(bob, id, 3)).toMatchObject({ body: { text: "word: aside" } });
    const edits = await call("GET", `${of(1)}/edits`, { token: bob.token });
    expect(edits.body).toEqual({ items: [] });
    const pins = await call("GET", `/v1/conversations/${id}/pins`, { token: bob.token });
    expect(pins.body).toEqual({ items: [] });
    await socket.until(() => socket.of("revoked").length === 3);
  },
);
