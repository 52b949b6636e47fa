import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { ArchivePlaces } from "../../../src/conversation/archives/archive-places.ts";
import { Archives } from "../../../src/conversation/archives/archives.ts";
import { create } from "../../../src/conversation/create.ts";
import type { ConversationJobKind } from "../../../src/conversation/jobs.ts";
import { createRoom, type Room } from "../../../src/conversation/room.ts";
import type { DeviceFormats } from "../../../src/conversation/views/message-encoder.ts";
import type {
  ConversationKind,
  DirectPermissionState,
} from "../../../src/domain/conversations/conversation.ts";
import type { PolicyName } from "../../../src/domain/conversations/group-kind.ts";
import { ConversationId, UserId } from "../../../src/domain/ids.ts";
import type { Draft } from "../../../src/domain/messages/message.ts";
import { SharedRules } from "../../../src/domain/moderation/rules/shared.ts";
import type { ConversationDirectory } from "../../../src/domain/ports.ts";
import { readSettings } from "../../../src/domain/settings.ts";
import { AlarmJobs } from "../../../src/object/jobs/alarm-jobs.ts";
import { MetricsInMemory } from "../../../src/storage/metrics/memory.ts";
import { deviceProtocol } from "../../../src/surfaces/v1/frames/device.ts";
import { hookFormat } from "../../../src/surfaces/v1/server/hook-format.ts";
import { timing } from "../timing.ts";
import { DEFAULT_PROFILE } from "./profile.ts";

/** Ann says something so many times, in one commit. */
export function say(
  room: Room,
  count: number,
  text = "hi",
  options: Partial<Pick<Draft, "thread" | "mentions">> = {},
): void {
  const body = JSON.stringify({ text });
  const draft = { clientMsgId: undefined, kind: "text", body, quoteSeq: undefined } as const;
  const drafts = Array.from({ length: count }, () => ({ ...draft, mentions: [], ...options }));
  room.sends.submit(ANN, drafts, { resolve: () => undefined });
  room.flushSends();
}

/** The two members of every isolated room. In a group Ann is the owner. */
export const [ANN, BOB] = [UserId.parse(1), UserId.parse(2)];

const inNone = () => Promise.reject(new Error("an isolated room has no archives"));
const NO_ARCHIVES = { putBodies: inNone, readBodies: inNone, searchBodies: inNone };

/** The archives of a conversation without any. */
export function noArchives(storage: DurableObjectStorage): Archives {
  return new Archives(ConversationId.parse(1), new ArchivePlaces(storage), NO_ARCHIVES, timing.archives);
}

const nothing = async () => null;
const unused = async () => undefined;
let made = 0;

/**
 * Creates the tables of a conversation of two, in an object that no request reaches, and runs `work` there.
 */
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
        profile: { ...DEFAULT_PROFILE, ...profile, joinPolicy: "closed", policy, ownerId, createdAt: now },
        directPermission: { blocked: false, friends: false, friendsOnly: false },
        members: [
          {
            person: { id: ANN, ...person },
            role: kind === "group" ? "owner" : "member",
            joinedAt: now,
            customFields: {},
            isAsked: false,
          },
          {
            person: { id: BOB, ...person },
            role: "member",
            joinedAt: now,
            customFields: {},
            isAsked: false,
          },
        ],
        hooks: [],
      },
      timing,
    );
    await work(storage, state);
  });
}

/**
 * A room over such tables, without D1 and inboxes.
 * @param permission answers the read of the direct permission
 */
export function isolatedRoom(
  storage: DurableObjectStorage,
  permission: () => Promise<DirectPermissionState | null> = nothing,
  deviceFormats: DeviceFormats = { v1: deviceProtocol },
): Room {
  const directory: ConversationDirectory = {
    ...{ created: nothing, directPermission: permission, suspension: nothing },
    ...{ people: async () => [], project: async () => [], listed: async () => new Map() },
    ...{
      addFileReferences: async () => undefined,
      hold: nothing,
      leaseSpace: async () => ({
        version: 0,
        slowModeS: 0,
        rights: null,
        members: [],
        isWhole: true,
        followers: [],
      }),
      mentionedMembers: async () => ({ roles: [], byRoles: [], here: [] }),
      tellAsked: async () => undefined,
      removeFileReferences: async () => [],
    },
    ...{ deleteReleasedFiles: async () => null, postponeDeletion: async () => undefined },
    storeSize: async () => undefined,
  };
  const inboxes = {
    ...{ applyUpdate: nothing, notify: nothing },
    ...{ register: nothing, unregister: nothing },
  };
  const sources = { messages: async () => ({ messages: [], people: [] }) };
  const hooks = {
    directory: {
      hook: nothing,
      externalIds: async () => new Map(),
      conversationExternalId: nothing,
      failed: async () => 0,
      recovered: unused,
      succeeded: unused,
      end: unused,
    },
    caller: {
      call: async () => ({ status: 204, error: "" }),
      ask: async () => ({ status: 204, error: "", json: undefined }),
    },
    format: hookFormat,
  };
  const found = { version: 0, rules: [], shadowed: [], newest: 0 };
  const rules = { shared: new SharedRules(), find: async () => found };
  const linkPreviews = { of: async () => null };
  const deps = {
    linkPreviews,
    rules,
    hooks,
    directory,
    inboxes,
    archives: NO_ARCHIVES,
    sources,
    settings: readSettings(env),
    deviceFormats,
    metrics: new MetricsInMemory(),
    timing,
  };
  return createRoom(storage, deps, new AlarmJobs<ConversationJobKind>(storage, new Map(), timing.jobs));
}
