import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { type JobKind, Room } from "../../src/conversation/room.ts";
import { create } from "../../src/conversation/state.ts";
import type { ConversationKind, Flags } from "../../src/core/conversation.ts";
import { ConversationId, UserId } from "../../src/core/ids.ts";
import type { ConversationDirectory } from "../../src/core/ports.ts";
import { readSettings } from "../../src/core/settings.ts";
import { Jobs } from "../../src/object/jobs.ts";

/** The two in every lone conversation: Ann owns it where it is a group. */
export const [ANN, BOB] = [UserId.parse(1), UserId.parse(2)];

const nothing = async () => null;
let made = 0;

/** The tables of a conversation of two, in an object of its own which no request ever reaches. */
export async function inLoneObject(
  kind: ConversationKind,
  work: (storage: DurableObjectStorage) => Promise<void>,
): Promise<void> {
  const id = ConversationId.parse(1_000_000 + made++);
  await runInDurableObject(env.CONVERSATION.getByName(String(id)), async (_, { storage }) => {
    const now = Date.now();
    const profile = { kind, name: "", avatar: "", introduction: "", announcement: "" };
    const person = { username: "", nickname: "", avatar: "" };
    const ownerId = kind === "group" ? ANN : null;
    create(storage, id, {
      profile: { ...profile, joinPolicy: "closed", policy: "group", ownerId, createdAt: now },
      flags: { blocked: false, friends: false, friendsOnly: false },
      members: [
        { person: { id: ANN, ...person }, role: kind === "group" ? "owner" : "member", joinedAt: now },
        { person: { id: BOB, ...person }, role: "member", joinedAt: now },
      ],
    });
    await work(storage);
  });
}

/** The room over such tables; it reaches neither D1 nor inboxes. @param flags what D1 says, if it is asked */
export function loneRoom(storage: DurableObjectStorage, flags: () => Promise<Flags | null> = nothing): Room {
  const handlers = { fanout: nothing, expiry: nothing, flags: nothing, projection: nothing, index: nothing };
  const directory: ConversationDirectory = {
    ...{ created: nothing, flags },
    ...{ people: async () => [], project: async () => [], listed: async () => new Map() },
  };
  const inboxes = { bump: nothing, register: nothing, unregister: nothing };
  const sources = { messages: async () => ({ messages: [], people: [] }) };
  const deps = { directory, inboxes, sources, settings: readSettings(env) };
  return new Room(storage, deps, new Jobs<JobKind>(storage, handlers));
}
