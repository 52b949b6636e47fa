import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { z } from "zod";
import { call } from "../../support/clients/api.ts";
import { change, isChanging } from "./changing.ts";
import type { Owner } from "./device.ts";
import { checkHttp, checkListed } from "./final.ts";
import { ask, Message, ReadState, ThreadState, told, wire } from "./http.ts";
import { evictRunning, Room } from "./room.ts";
import type { Action, Of } from "./steps.ts";

const Id = z.object({ id: z.int() });

/** Two conversations of the same users, and all actions on them. */
export class World {
  readonly #rooms: [Room, Room];

  private constructor(rooms: [Room, Room]) {
    this.#rooms = rooms;
  }

  /**
   * Creates a group of all, and a direct conversation of the first with the last, who is a stranger to the
   * first.
   */
  static async make(people: [Owner, ...Owner[]], stranger: Owner): Promise<World> {
    let texts = 0;
    const names = () => ++texts;
    const [first, ...others] = people;
    const all = [...people, stranger];
    const member_ids = [...others, stranger].map(({ id }) => id);
    const group = await open(first, { kind: "group", name: "all of us", member_ids });
    const direct = await open(first, { kind: "direct", user_id: stranger.id });
    await open(stranger, { kind: "direct", user_id: first.id });
    const world = new World([
      new Room(group, all, first.id, names),
      new Room(direct, [first, stranger], undefined, names),
    ]);
    const here = world.#rooms.flatMap(({ devices }) => devices.filter((_, nth) => nth % 3 !== 2));
    await Promise.all(here.map((device) => device.come(false)));
    return world;
  }

  /** Runs these actions at the same time, and compares the result with the model. */
  async step(actions: readonly Action[]): Promise<void> {
    this.#rooms.forEach((room, nth) => {
      room.begin(actions.some((action) => action.do === "evictRoom" && action.room === nth));
    });
    const isAlone = actions.length === 1;
    await Promise.all(actions.map((action) => this.#perform(action, isAlone)));
    for (const room of this.#rooms) await room.settle();
    const [only, ...more] = actions;
    if (only && more.length === 0) await this.#readOwnWrites(only);
  }

  /** Reconnects all devices, advances time, and compares everything that can be read. */
  async end(pageSize: number): Promise<void> {
    for (const room of this.#rooms) {
      await room.gather();
      await room.toldAll();
      for (const member of room.members) {
        await checkListed(room, member);
        await checkHttp(room, member, pageSize);
      }
    }
  }

  async close(): Promise<void> {
    for (const room of this.#rooms) await room.disperse();
  }

  async #perform(action: Action, isAlone: boolean): Promise<void> {
    const room = this.#rooms[action.room === 0 ? 0 : 1];
    if (isChanging(action)) return change(room, action, isAlone);
    switch (action.do) {
      case "say":
        return say(room, action);
      case "post":
        return post(room, action);
      case "read":
        return read(room, action);
      case "mark":
        return mark(room, action, isAlone);
      case "readThread":
        return readThread(room, action);
      case "revoke":
        return revoke(room, action);
      case "hide":
        return hide(room, action);
      case "leave":
        return room.device(room.member(action.who), action.device).leave();
      case "come":
        return room.device(room.member(action.who), action.device).come(action.eager);
      case "evictRoom":
        return room.evict(action.cut);
      case "evictInbox":
        return evictRunning(env.INBOX.getByName(String(room.member(action.who).id)));
      case "alarm":
        return room.alarm();
    }
  }

  /** A caller reads the result of a call in their list at once, and a revoked text is readable nowhere. */
  async #readOwnWrites(action: Action): Promise<void> {
    const room = this.#rooms[action.room === 0 ? 0 : 1];
    if (action.do === "revoke") for (const member of room.members) await checkListed(room, member);
    const calls =
      ["post", "hide", "mark", "readThread", "edit", "pin"].includes(action.do) ||
      (action.do === "read" && action.device === null);
    if (calls && "who" in action) await checkListed(room, room.member(action.who));
  }
}

async function open({ tokens: [token = ""] }: Owner, body: object): Promise<number> {
  return (await ask(Id, "/v1/conversations", token, "POST", body)).id;
}

function say(room: Room, action: Of<"say">): Promise<void> {
  const { who, device, count, together, again, quote, thread, poll } = action;
  const owner = room.member(who);
  const speaker = room.device(owner, device);
  const drafts = Array.from({ length: count }, (_, i) =>
    room.draft(owner, speaker.name, i === 0 ? again : null, i === count - 1 ? quote : null, {
      answers: i % 2 === 0 ? thread : null,
      poll: i === count - 1 ? poll : undefined,
    }),
  );
  return speaker.say(drafts, together);
}

async function post(room: Room, { who, again, quote, named, thread, poll }: Of<"post">): Promise<void> {
  const owner = room.member(who);
  const draft = room.draft(owner, "", again, quote, { named, answers: thread, poll });
  const [token = ""] = owner.tokens;
  const answer = await call("POST", `${room.path}/messages`, { token, body: wire(draft) });
  if (answer.status === 404 || answer.status === 400) {
    room.history.refused(draft);
    return;
  }
  expect([200, 201], told(answer)).toContain(answer.status);
  const { seq, created_at } = Message.parse(answer.body);
  room.history.acknowledged(draft, { seq, createdAt: created_at });
}

async function read(room: Room, { who, device, back }: Of<"read">): Promise<void> {
  const owner = room.member(who);
  const seq = Math.max(0, room.history.last - back);
  if (device !== null) {
    await room.device(owner, device).read(seq);
    return;
  }
  const [token = ""] = owner.tokens;
  const state = await ask(ReadState, `${room.path}/read`, token, "PUT", { seq });
  expect(state.read_seq).toBeGreaterThanOrEqual(Math.max(seq, room.history.position(owner.id)));
  room.history.read(owner.id, seq);
}

async function mark(room: Room, { who, back }: Of<"mark">, isAlone: boolean): Promise<void> {
  const { id, tokens } = room.member(who);
  const seq = room.history.last - back;
  if (seq < 1) return;
  const expected = room.history.markOf(id, seq);
  const isRefused = room.history.marksNothing(id, seq);
  const [token = ""] = tokens;
  const answer = await call("PUT", `${room.path}/read`, { token, body: { seq, unread: true } });
  if (room.history.isHiding(id, seq) && answer.status === 404) return;
  if (isAlone) expect(answer.status, told(answer)).toBe(isRefused ? 400 : 200);
  // Concurrent revokes and messages decide whether anything is unread from it on.
  else expect([200, 400], told(answer)).toContain(answer.status);
  if (answer.status === 400) return;
  const { unread_from } = ReadState.parse(answer.body);
  if (isAlone) expect(unread_from, `where unread begins for ${id}`).toBe(expected);
  room.history.markedUnread(id, seq);
}

/** A member reads a thread that they follow. */
async function readThread(room: Room, { who, nth, back }: Of<"readThread">): Promise<void> {
  const owner = room.member(who);
  const followed = room.history.followed(owner.id);
  const root = followed[nth % Math.max(1, followed.length)];
  if (root === undefined) return;
  const seq = Math.max(0, room.history.last - back);
  const [token = ""] = owner.tokens;
  const path = `${room.path}/threads/${root}/read`;
  const answer = await call("PUT", path, { token, body: { seq } });
  // The user may be hiding the root.
  expect([200, 404], told(answer)).toContain(answer.status);
  if (answer.status === 404) return;
  const state = ThreadState.parse(answer.body);
  if (state.following) expect(state.read_seq).toBeGreaterThanOrEqual(seq);
  room.history.readThread(owner.id, root, seq);
}

async function revoke(room: Room, { who, back }: Of<"revoke">): Promise<void> {
  const owner = room.member(who);
  const said = room.history.said.at(-1 - back);
  if (!said) return;
  const isTip = said.draft.pins !== undefined;
  const may = !isTip && (said.draft.userId === owner.id || room.ownerId === owner.id);
  if (may) room.history.revoking.add(said.seq);
  const status = await remove(room, owner, said.seq, "everyone");
  if (status === 404) {
    expect(room.history.isHiding(owner.id, said.seq) && !may, "only what another one said is hidden").toBe(
      true,
    );
    return;
  }
  expect(status, "only own messages, or as owner").toBe(may ? 204 : 403);
  if (may) room.history.revoked.set(said.seq, owner.id);
}

async function hide(room: Room, { who, back }: Of<"hide">): Promise<void> {
  const owner = room.member(who);
  const said = room.history.said.at(-1 - back);
  if (!said) return;
  room.history.hiding(owner.id, said.seq);
  expect(await remove(room, owner, said.seq, "me")).toBe(204);
  room.history.hide(owner.id, said.seq);
}

async function remove(room: Room, owner: Owner, seq: number, target: "me" | "everyone"): Promise<number> {
  const [token = ""] = owner.tokens;
  return (await call("DELETE", `${room.path}/messages/${seq}?for=${target}`, { token })).status;
}
