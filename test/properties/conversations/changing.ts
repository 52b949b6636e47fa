import { expect } from "vitest";
import { z } from "zod";
import { EditConflict } from "../../../src/surfaces/v1/schemas/messages/edits.ts";
import { ReactionState } from "../../../src/surfaces/v1/schemas/messages/reactions.ts";
import { type Answer, call } from "../../support/clients/api.ts";
import type { Owner } from "./device.ts";
import type { Said } from "./history.ts";
import { Message, shown, told, votesOf } from "./http.ts";
import type { Room } from "./room.ts";
import type { Action, Of } from "./steps.ts";

const Changing = z.enum(["edit", "react", "pin", "vote", "close"]);
type ChangingAction = Extract<Action, { do: z.infer<typeof Changing> }>;

/** Whether an action changes a message, other than by a revoke. */
export function isChanging(action: Action): action is ChangingAction {
  return Changing.safeParse(action.do).success;
}

/** Changes a message over HTTP. @param isAlone nothing else happens at the same time */
export function change(room: Room, action: ChangingAction, isAlone: boolean): Promise<void> {
  switch (action.do) {
    case "edit":
      return edit(room, action, isAlone);
    case "react":
      return react(room, action);
    case "pin":
      return pin(room, action);
    case "vote":
      return vote(room, action);
    case "close":
      return close(room, action);
  }
}

/** A call about a message. @param right the status if the message is seen and not revoked */
async function ask(
  room: Room,
  { id, tokens: [token = ""] }: Owner,
  { seq }: Said,
  { method, path, body, right }: { method: string; path: string; body?: unknown; right: number[] },
): Promise<Answer> {
  const { history } = room;
  const answer = await call(method, `${room.path}/messages/${seq}${path}`, { token, body });
  const possible = [...right];
  if (history.isHiding(id, seq)) possible.push(404);
  if (history.revoking.has(seq)) possible.push(400);
  const what = `${method} ${seq}${path} of ${id}: ${told(answer)}`;
  expect(possible, what).toContain(answer.status);
  // What was revoked or hidden before this step is so for sure.
  if (history.isHidden(id, seq)) expect(answer.status, what).toBe(404);
  return answer;
}

/** An edit of an own message, and rarely of another one. */
async function edit(room: Room, { who, back, isForeign, isStale, isSame }: Of<"edit">, isAlone: boolean) {
  const owner = room.member(who);
  const { history } = room;
  const mine = history.said.filter(({ draft }) => draft.userId === owner.id && draft.pins === undefined);
  const said = (isForeign ? history.said : mine).at(-1 - back);
  const now = said && history.stateOf(said.seq);
  if (!said || !now) return;
  const { seq, draft } = said;
  const text = isSame && now.text !== null ? now.text : room.text();
  const stale = now.version === 1 ? 2 : now.version - 1;
  const base_version = isStale ? stale : now.version;
  const isFixed = draft.poll !== undefined || draft.pins !== undefined;
  const right = isFixed ? 400 : draft.userId === owner.id ? 200 : 403;
  const others = isFixed && draft.userId !== owner.id ? [403] : [];
  const isSure = isAlone && !isStale;
  const answer = await ask(room, owner, said, {
    ...{ method: "PATCH", path: "", body: { body: { text }, base_version } },
    right: [right, ...others, ...(right === 200 && !isSure ? [409] : [])],
  });
  if (answer.status === 409) {
    const { message } = EditConflict.parse(answer.body);
    expect(message.version, "the version is another one").not.toBe(base_version);
    expect(message.seq).toBe(seq);
    if (isAlone) expect(isStale && text !== now.text, "only a stale edit is refused").toBe(true);
  }
  if (answer.status !== 200) return;
  const { text: stored, version } = shown(Message.parse(answer.body));
  expect(stored).toBe(text);
  if (isAlone) expect(version).toBe(now.version + (text === now.text ? 0 : 1));
  if (version > now.version) history.changes.edited(seq, version, text);
}

async function react(room: Room, { who, back, key, isOn }: Of<"react">): Promise<void> {
  const owner = room.member(who);
  const said = room.history.said.at(-1 - back);
  if (!said) return;
  const { changes } = room.history;
  if (!changes.mayCall(`reaction ${owner.id} ${said.seq} ${key}`, String(isOn))) return;
  const { status, body } = await ask(room, owner, said, {
    ...{ method: isOn ? "PUT" : "DELETE", path: `/reactions/${encodeURIComponent(key)}` },
    right: [said.draft.pins === undefined ? 200 : 400],
  });
  if (status !== 200) return;
  expect(ReactionState.parse(body).mine.includes(key), "the answer has the change").toBe(isOn);
  changes.reacted(owner.id, said.seq, key, isOn);
}

async function pin(room: Room, { who, back, isOn }: Of<"pin">): Promise<void> {
  const owner = room.member(who);
  const said = room.history.said.at(-1 - back);
  if (!said) return;
  const may = room.ownerId === undefined || room.ownerId === owner.id;
  const { status } = await ask(room, owner, said, {
    ...{ method: isOn ? "PUT" : "DELETE", path: "/pin" },
    right: [may ? (said.draft.pins === undefined ? 204 : 400) : 403],
  });
  if (status !== 204) return;
  if (isOn) room.history.changes.pinned(owner.id, said.seq);
  else room.history.changes.unpinned(said.seq);
}

function pollAt(room: Room, back: number): Said | undefined {
  return room.history.said.filter(({ draft }) => draft.poll).at(-1 - back);
}

async function vote(room: Room, { who, back, options }: Of<"vote">): Promise<void> {
  const owner = room.member(who);
  const said = pollAt(room, back);
  if (!said) return;
  const { changes } = room.history;
  if (!changes.mayCall(`votes ${owner.id} ${said.seq}`, String(options))) return;
  const isValid = options.length < 2 || said.draft.poll?.multiple === true;
  const wasClosed = changes.isClosed(said.seq);
  const { status, body } = await ask(room, owner, said, {
    ...{ method: "PUT", path: "/votes", body: { options } },
    right: !isValid ? [400] : wasClosed ? [409] : changes.isClosing(said.seq) ? [200, 409] : [200],
  });
  if (status !== 200) return;
  const chosen = options.toSorted();
  expect(votesOf(Message.parse(body)), "the answer has the votes").toEqual(chosen);
  changes.voted(owner.id, said.seq, chosen);
}

async function close(room: Room, { who, back }: Of<"close">): Promise<void> {
  const owner = room.member(who);
  const said = pollAt(room, back);
  if (!said) return;
  const { changes } = room.history;
  const may = said.draft.userId === owner.id || room.ownerId === owner.id;
  if (may) changes.closing(said.seq);
  const { status, body } = await ask(room, owner, said, {
    ...{ method: "POST", path: "/close", right: [may ? 200 : 403] },
  });
  if (status !== 200) return;
  expect(shown(Message.parse(body)).poll?.closedAt).toBeGreaterThan(0);
  changes.closed(said.seq);
}
