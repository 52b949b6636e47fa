import { expect } from "vitest";
import { z } from "zod";
import { ThreadState } from "../../../src/surfaces/v1/messages/threads.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import type { Draft } from "../../support/clients/model-client.ts";
import type { Model } from "./model.ts";
import type { Room } from "./room.ts";
import type { Action, Of } from "./steps.ts";

const Own = z.enum(["thread", "prefer"]);
type OwnAction = Extract<Action, { do: z.infer<typeof Own> }>;

/** Whether an action changes what a user keeps for themselves: threads, archive, mutes. */
export function isOwn(action: Action): action is OwnAction {
  return Own.safeParse(action.do).success;
}

/** Changes what a user keeps for themselves. */
export function keep(room: Room, who: SignedIn, action: OwnAction): Promise<void> {
  return action.do === "thread" ? thread(room, who, action) : prefer(room, who, action);
}

/** The thread in which a user may answer: neither a reply nor a revoked message begins one. */
export function threadFor(
  model: Model,
  userId: number,
  { back, alsoInMain }: { back: number; alsoInMain: boolean },
): Draft["thread"] {
  if (!model.isIn(userId)) return undefined;
  const roots = model
    .view(userId, true)
    .filter(({ kind, thread, revoked }) => kind !== "tip" && !thread && !revoked);
  const root = roots.at(-1 - (back % Math.max(1, roots.length)))?.seq;
  return root === undefined ? undefined : { root, alsoInMain };
}

/** A user follows a thread, ends that, or reads it. */
async function thread(room: Room, who: SignedIn, { nth, how, back }: Of<"thread">): Promise<void> {
  const { model } = room;
  const { id } = who.user;
  const followed = model.follows.of(id);
  const roots = how === "follow" || followed.length === 0 ? model.roots : followed;
  const root = roots.at(-1 - (nth % Math.max(1, roots.length)));
  if (root === undefined) return;
  const last = model.before;
  const seq = last - (back % (last + 1));
  const [method, path] = {
    read: ["PUT", "/read"] as const,
    follow: ["PUT", "/follow"] as const,
    unfollow: ["DELETE", "/follow"] as const,
  }[how];
  const { status, body } = await room.call(
    who,
    method,
    `/threads/${root}${path}`,
    how === "read" ? { seq } : undefined,
  );
  expect([200, 204, 404], JSON.stringify(body)).toContain(status);
  if (status === 404) return;
  if (how === "unfollow") {
    model.follows.ends(id, root);
    return;
  }
  const { following } = ThreadState.parse(body);
  if (how === "read") model.follows.read(id, root, seq);
  else model.follows.called(id, root, last);
  if (how === "follow") expect(following, `${id} follows ${root}`).toBe(true);
}

/** A user archives or mutes a conversation. */
async function prefer(room: Room, who: SignedIn, { what, isOn }: Of<"prefer">): Promise<void> {
  const { status, body } = await room.call(who, "PUT", "/preferences", { [what]: isOn });
  expect([200, 404], JSON.stringify(body)).toContain(status);
  const { preferences } = room.model;
  if (status === 200) preferences.asked(who.user.id, { [what]: isOn });
  else preferences.refused(who.user.id, { [what]: isOn });
}
