import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { create } from "../../../src/conversation/create.ts";
import type { ConversationJobKind } from "../../../src/conversation/jobs.ts";
import { Room } from "../../../src/conversation/room.ts";
import type { ConversationKind, DirectFlags } from "../../../src/domain/conversations/conversation.ts";
import type { PolicyName } from "../../../src/domain/conversations/group-kind.ts";
import { ConversationId, UserId } from "../../../src/domain/ids.ts";
import type { ConversationDirectory } from "../../../src/domain/ports.ts";
import { readSettings } from "../../../src/domain/settings.ts";
import { AlarmJobs } from "../../../src/object/alarm-jobs.ts";
import { timing } from "../timing.ts";
import { PLAIN } from "./profile.ts";

/** The two in every lone conversation: Ann owns it where it is a group. */
export const [ANN, BOB] = [UserId.parse(1), UserId.parse(2)];

const nothing = async () => null;
let made = 0;

/** The tables of a conversation of two, in an object of its own which no request ever reaches. */
export async function inIsolatedObject(
  kind: ConversationKind,
  work: (storage: DurableObjectStorage, state: DurableObjectState) => Promise<void>,
  policy: PolicyName = "group",
): Promise<void> {
  const id = ConversationId.parse(1_000_000 + made++);
  await runInDurableObject(env.CONVERSATION.getByName(String(id)), async (_, state) => {
    const { storage } = state;
    const now = Date.now();
    const profile = { kind, name: "", avatar: "", introduction: "", announcement: "" };
    const person = { username: "", nickname: "", avatar: "" };
    const ownerId = kind === "group" ? ANN : null;
    create(
      storage,
      id,
      {
        profile: { ...PLAIN, ...profile, joinPolicy: "closed", policy, ownerId, createdAt: now },
        flags: { blocked: false, friends: false, friendsOnly: false },
        members: [
          {
            person: { id: ANN, ...person },
            role: kind === "group" ? "owner" : "member",
            joinedAt: now,
            customFields: {},
          },
          { person: { id: BOB, ...person }, role: "member", joinedAt: now, customFields: {} },
        ],
      },
      timing,
    );
    await work(storage, state);
  });
}

/** The room over such tables; it reaches neither D1 nor inboxes. @param flags what D1 says, if it is asked */
export function isolatedRoom(
  storage: DurableObjectStorage,
  flags: () => Promise<DirectFlags | null> = nothing,
): Room {
  const handlers = {
    ...{ fanout: nothing, expiry: nothing, flags: nothing, projection: nothing, index: nothing },
    notifications: nothing,
  };
  const directory: ConversationDirectory = {
    ...{ created: nothing, directFlags: flags },
    ...{ people: async () => [], project: async () => [], listed: async () => new Map() },
  };
  const inboxes = { applyUpdate: nothing, notify: nothing, register: nothing, unregister: nothing };
  const sources = { messages: async () => ({ messages: [], people: [] }) };
  const deps = { directory, inboxes, sources, settings: readSettings(env), timing };
  return new Room(storage, deps, new AlarmJobs<ConversationJobKind>(storage, handlers, timing.jobs));
}
