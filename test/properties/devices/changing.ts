import { expect } from "vitest";
import { z } from "zod";
import { Message } from "../../../src/surfaces/v1/messages/message.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { displayedMessage } from "../../support/clients/displayed.ts";
import type { Poll } from "./model.ts";
import type { Room } from "./room.ts";
import type { Action, Of } from "./steps.ts";

/** Two users have more than a message may have, and one of them no more than they may have. */
const KEYS_OF_ONE = 11;

const Changing = z.enum(["edit", "react", "reactions", "pin", "votes", "close"]);
type ChangingAction = Extract<Action, { do: z.infer<typeof Changing> }>;

/** Whether an action changes a message, other than by a revoke. */
export function isChanging(action: Action): action is ChangingAction {
  return Changing.safeParse(action.do).success;
}

/** Changes a message over HTTP. */
export function change(room: Room, who: SignedIn, action: ChangingAction): Promise<unknown> {
  switch (action.do) {
    case "edit":
      return edit(room, who, action);
    case "react":
      return react(room, who, room.model.back(action.back), action);
    case "reactions":
      return reactions(room, who, action);
    case "pin":
      return pin(room, who, action);
    case "votes":
      return votes(room, action);
    case "close":
      return close(room, who, action);
  }
}

/** A user gives a message of theirs another text, or rarely one of another user. */
async function edit(room: Room, who: SignedIn, { back, isForeign, isStale }: Of<"edit">): Promise<void> {
  const { model } = room;
  const seq = isForeign ? model.back(back) : model.back(back, who.user.id);
  const [sent, now] = [model.message(seq), model.stateOf(seq)];
  if (!sent || !now) return;
  const text = `edited ${room.text()}`;
  const base_version = now.version === 1 || !isStale ? now.version : now.version - 1;
  const { status, body } = await room.change(who, "PATCH", seq, "", { body: { text }, base_version });
  const mayEdit = sent.senderId === who.user.id && sent.kind === "text";
  expect(mayEdit ? [200, 400, 403, 404, 409] : [400, 403, 404], JSON.stringify(body)).toContain(status);
  if (status === 200) model.changes.edited(seq, base_version + 1, text);
  expect(status === 200 && base_version < now.version, "a stale edit is refused").toBe(false);
}

async function react(
  room: Room,
  who: SignedIn,
  seq: number,
  { key, isOn }: { key: string; isOn: boolean },
): Promise<void> {
  const { changes } = room.model;
  if (!room.model.message(seq)) return;
  if (!changes.mayCall(`reaction ${who.user.id} ${seq} ${key}`, String(isOn))) return;
  if (isOn) changes.reacting(seq, key);
  const path = `/reactions/${encodeURIComponent(key)}`;
  const { status, body } = await room.change(who, isOn ? "PUT" : "DELETE", seq, path);
  expect(isOn ? [200, 400, 403, 404, 409] : [200, 400, 403, 404], JSON.stringify(body)).toContain(status);
  if (status === 409) changes.refusedKey(who.user.id, seq, key);
  if (status === 200) changes.reacted(who.user.id, seq, key, isOn);
}

/** A message of a user gets more keys than it may have, from two users, who then join each other's. */
async function reactions(room: Room, who: SignedIn, { back, other, first }: Of<"reactions">): Promise<void> {
  const seq = room.model.back(back, who.user.id);
  const [from, to] = [first, first + KEYS_OF_ONE];
  for (const [user, start] of [
    [who, from],
    [room.people(other), to],
    [room.people(other), from],
  ] as const) {
    const keys = Array.from({ length: KEYS_OF_ONE }, (_, i) => `:k${start + i}:`);
    await Promise.all(keys.map((key) => react(room, user, seq, { key, isOn: true })));
  }
}

/** The owner has pinned almost as many messages as they may. */
export async function pinMany(room: Room): Promise<void> {
  const { model } = room;
  const { last } = model;
  const isText = (seq: number) => model.message(seq)?.kind === "text";
  const seqs = Array.from({ length: last }, (_, i) => i + 1).filter(isText);
  const owner = room.person(model.ownerId ?? 0);
  for (const seq of seqs) await pin(room, owner, { back: model.last - seq, isOn: true });
}

/** The owner pins or unpins a message; in a direct conversation either user does. */
async function pin(
  room: Room,
  caller: SignedIn,
  { back, isOn }: Pick<Of<"pin">, "back" | "isOn">,
): Promise<void> {
  const { ownerId, changes } = room.model;
  const who = ownerId === null ? caller : room.person(ownerId);
  const seq = room.model.back(back);
  if (!room.model.message(seq)) return;
  if (isOn) changes.pinning(seq);
  const { status, body } = await room.change(who, isOn ? "PUT" : "DELETE", seq, "/pin");
  expect(isOn ? [204, 400, 403, 404, 409] : [204, 400, 403, 404], JSON.stringify(body)).toContain(status);
  if (status === 409) changes.refusedPin(seq);
  if (status !== 204) return;
  if (isOn) changes.pinned(who.user.id, seq);
  else changes.unpinned(seq);
}

/** Users vote in a poll, one after the other, unless others do so in this step. */
async function votes(room: Room, { back, ballots }: Of<"votes">): Promise<void> {
  const poll = room.model.poll(back);
  if (!poll || !room.model.changes.mayCall(`votes ${poll.seq}`, JSON.stringify(ballots))) return;
  for (const { who, options } of ballots) await vote(room, room.people(who), poll, options);
}

async function vote(room: Room, who: SignedIn, poll: Poll, options: number[]): Promise<void> {
  const { changes } = room.model;
  const { seq, endsAt, multiple } = poll;
  const wasClosed = changes.isClosed(seq);
  const since = Date.now();
  const { status, body } = await room.change(who, "PUT", seq, "/votes", { options });
  expect([200, 400, 403, 404, 409], JSON.stringify(body)).toContain(status);
  const isOver = endsAt > 0 && endsAt <= Date.now();
  if (status === 409) expect(isOver || changes.isClosing(seq) || wasClosed, `${seq} is closed`).toBe(true);
  if (status !== 200) return;
  expect(
    (wasClosed && !changes.isClosing(seq)) || (endsAt > 0 && endsAt <= since),
    `${seq} takes votes`,
  ).toBe(false);
  expect(options.length < 2 || multiple, `${seq} takes several votes`).toBe(true);
  const chosen = options.toSorted();
  expect(displayedMessage(Message.parse(body)).changes.votes, "the answer has the votes").toEqual(chosen);
  changes.voted(who.user.id, seq, chosen);
}

async function close(room: Room, who: SignedIn, { back }: Of<"close">): Promise<void> {
  const { model } = room;
  const poll = model.poll(back);
  if (!poll) return;
  const { seq, endsAt } = poll;
  const may = [model.message(seq)?.senderId, model.ownerId].includes(who.user.id);
  if (may) model.changes.closing(seq);
  const { status, body } = await room.change(who, "POST", seq, "/close");
  expect(may ? [200, 400, 403, 404] : [400, 403, 404], JSON.stringify(body)).toContain(status);
  if (status !== 200) return;
  const closedAt = displayedMessage(Message.parse(body)).changes.poll?.closesAt ?? 0;
  expect(closedAt, `${seq} is closed`).toBeGreaterThan(0);
  // A poll that has ended by itself is not closed by a call.
  if (closedAt !== endsAt) model.changes.closed(seq);
}
