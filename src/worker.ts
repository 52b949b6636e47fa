import { env } from "cloudflare:workers";
import { createApp } from "./app.ts";
import { ArchiveObject } from "./conversation/archives/object/object.ts";
import { ConversationObject } from "./conversation/object.ts";
import { RelayObject } from "./conversation/relays/object/object.ts";
import { ArchiveStubs, ConversationStubs, RelayStubs } from "./conversation/stub.ts";
import { deleteOrphanedBots } from "./core/accounts/account-deletion.ts";
import { backUpIntoBucket } from "./core/backup/scheduled-backup.ts";
import { tellAsked } from "./core/contacts/message-requests.ts";
import { releasedFiles } from "./core/files/file-deletion.ts";
import { deleteExpired, wakeForRetention } from "./core/maintenance.ts";
import { tellStaff } from "./core/moderation/staff-events.ts";
import { logDatabaseSize } from "./core/operation/metrics.ts";
import { linkPreviews } from "./core/previews/link-previews.ts";
import { pushServices } from "./core/push/push-services.ts";
import { askHook, callHook } from "./core/server/hook-calls.ts";
import { wakeHooksOfUsers } from "./core/server/user-events.ts";
import { LIMITS } from "./domain/limits.ts";
import { SharedRules } from "./domain/moderation/rules/shared.ts";
import type { LargeObjectKind } from "./domain/operation/large-object.ts";
import type { Metrics, ReadableMetrics } from "./domain/operation/metrics.ts";
import type { HookCaller, HookDirectory, SizeDirectory } from "./domain/ports.ts";
import { readSettings, type Settings } from "./domain/settings.ts";
import type { DeviceProtocol } from "./domain/sync/socket-protocol.ts";
import type { Timing } from "./domain/timing.ts";
import { HookObject } from "./hook/object.ts";
import { HookStubs } from "./hook/stub.ts";
import { readToken } from "./http/access/token.ts";
import type { Protocols } from "./inbox/devices/device-socket.ts";
import { InboxObject } from "./inbox/object.ts";
import { InboxStubs } from "./inbox/stub.ts";
import { findEndedSessions, findLiveSession } from "./storage/accounts/sessions.ts";
import { findSuspension } from "./storage/accounts/suspension.ts";
import { findAccountState } from "./storage/accounts/users.ts";
import { findRegisteredAt } from "./storage/bots/bots.ts";
import { listOnlineContacts, setOnline } from "./storage/contacts/presence.ts";
import {
  findListRecordsOfUsers,
  findPeople,
  findStoredContext,
  findVersionedPeople,
} from "./storage/conversations/conversations.ts";
import { findDirectPermission } from "./storage/conversations/direct-permission.ts";
import { findConversationAsCreated } from "./storage/conversations/groups.ts";
import { listMemberships } from "./storage/conversations/members.ts";
import { findArchiveStates } from "./storage/conversations/preferences.ts";
import { writeProjection } from "./storage/conversations/projection.ts";
import { type Database, openDatabase } from "./storage/database.ts";
import { holdFiles, releaseFiles } from "./storage/files/file-holds.ts";
import { addFileReferences, removeFileReferences } from "./storage/files/file-references.ts";
import { findFile } from "./storage/files/files.ts";
import { releaseFilesOf } from "./storage/files/released-files.ts";
import { deleteLargeObject, storeLargeObject } from "./storage/large-objects.ts";
import { eventDataset, MetricsInAnalyticsEngine } from "./storage/metrics/analytics-engine.ts";
import { MetricsInMemory } from "./storage/metrics/memory.ts";
import { holdMessage } from "./storage/moderation/held-messages.ts";
import { findRules } from "./storage/moderation/rules.ts";
import {
  deleteHookFailure,
  endHook,
  findHookTarget,
  listHookConversations,
  storeHookFailure,
  updateHook,
} from "./storage/server/hooks.ts";
import { findConversationExternalId } from "./storage/server/server-conversations.ts";
import { findExternalIds } from "./storage/server/server-users.ts";
import { lastUserEventBefore, listUserEvents } from "./storage/server/user-events.ts";
import { findSpaceMembers, leaseSpace } from "./storage/spaces/members.ts";
import { findMentionedMembers } from "./storage/spaces/roles.ts";
import { findSpaceViews, isSpaceOver } from "./storage/spaces/views.ts";
import { kookFormat } from "./surfaces/kook/format.ts";
import { kookProtocol } from "./surfaces/kook/frames.ts";
import { botCaller } from "./surfaces/telegram/bot-caller.ts";
import { telegramFormat } from "./surfaces/telegram/format.ts";
import { timProtocol } from "./surfaces/tim/frames.ts";
import { usersigProtocol } from "./surfaces/usersig/frames.ts";
import { deviceProtocol } from "./surfaces/v1/frames/device.ts";
import { roomProtocol } from "./surfaces/v1/frames/room.ts";
import { hookFormat } from "./surfaces/v1/server/hook-format.ts";

/** Files of a deleted account that one statement looks at. */
const FILES_AT_ONCE = 500;

/**
 * The composition root: wires storage, stubs and wire formats into the Worker's handlers and its four
 * Durable Object classes. No other file imports both the surfaces and the objects.
 * @param timing is read again at each use
 * @param rules what its objects and requests share of the rules
 */
export function createWorker(timing: Timing, rules = new SharedRules()) {
  // Read at start, so that an invalid setting is logged before the first request.
  readSettings(env);
  const events = metricsOf(env, timing);
  const app = createApp(timing, events, rules);

  class Conversation extends ConversationObject {
    constructor(ctx: DurableObjectState, env: Env) {
      const db = openDatabase(env.DB);
      const settings = readSettings(env);
      const metrics = events.forObject();
      const inboxes = new InboxStubs(env.INBOX, timing.rpcRetry, timing.callChannels);
      super(ctx, env, {
        directory: {
          created: (id) => findConversationAsCreated(db, id),
          directPermission: (id) => findDirectPermission(db, id),
          listed: (id, userIds) => findListRecordsOfUsers(db, id, userIds),
          people: (ids) => findVersionedPeople(db, ids),
          project: (id, projection) => writeProjection(db, id, projection),
          addFileReferences: (id, references) => addFileReferences(db, id, references),
          removeFileReferences: (id, revoked) =>
            removeFileReferences(db, id, revoked, Date.now() + timing.files.expiryMs),
          ...releasedFiles(db, env.FILES, timing),
          hold: async (message) => {
            const { state, isNew } = await holdMessage(db, message, Date.now(), LIMITS.heldMessages);
            if (isNew) ctx.waitUntil(tellStaff({ db, inboxes }, message.senderId));
            return state;
          },
          leaseSpace: (id, lease) =>
            leaseSpace(db, id, lease, Math.min(LIMITS.wholeSpace, settings.crowdMembers)),
          mentionedMembers: (spaceId, id, mentions) =>
            findMentionedMembers(db, { spaceId, id }, mentions, LIMITS.reachedByRoles),
          suspension: (userId) => findSuspension(db, userId, Date.now()),
          tellAsked: (userId, about) => tellAsked(inboxes, userId, about),
          storeSize: sizeStore(db, "conversation"),
        },
        inboxes,
        sources: new ConversationStubs(env.CONVERSATION, timing.rpcRetry),
        relays: new RelayStubs(env.RELAY, timing.rpcRetry),
        archives: new ArchiveStubs(env.ARCHIVE, timing.rpcRetry),
        protocol: { ...roomProtocol, ...countedRefusals(roomProtocol, "v1_room", metrics) },
        readToken: (token) => readToken(env.TOKEN_SECRET, token),
        deviceFormats: deviceProtocols(settings),
        hooks: hookPorts(db, settings, timing, metrics),
        rules: { shared: rules, find: (known) => findRules(db, known) },
        linkPreviews: linkPreviews({ db, bucket: env.FILES, settings, metrics, timing }),
        settings,
        metrics,
        timing,
      });
    }
  }

  class Relay extends RelayObject {
    constructor(ctx: DurableObjectState, env: Env) {
      const metrics = events.forObject();
      super(ctx, env, {
        conversations: new ConversationStubs(env.CONVERSATION, timing.rpcRetry),
        inboxes: new InboxStubs(env.INBOX, timing.rpcRetry),
        protocol: { ...roomProtocol, ...countedRefusals(roomProtocol, "v1_room", metrics) },
        readToken: (token) => readToken(env.TOKEN_SECRET, token),
        settings: readSettings(env),
        metrics,
        timing,
      });
    }
  }

  class Archive extends ArchiveObject {}

  class Inbox extends InboxObject {
    constructor(ctx: DurableObjectState, env: Env) {
      const db = openDatabase(env.DB);
      const settings = readSettings(env);
      const metrics = events.forObject();
      super(ctx, env, {
        directory: {
          people: (ids) => findPeople(db, ids),
          storedContext: (id, conversationId) => findStoredContext(db, id, conversationId),
          registeredAt: (id) => findRegisteredAt(db, id),
          endedSessions: (id) => findEndedSessions(db, id, Date.now()),
          deleted: async (id) => {
            const state = await findAccountState(db, id);
            return state && state.deletedAt !== null ? { id, messagesErased: state.messagesErased } : null;
          },
          memberships: (id, after, limit) => listMemberships(db, id, { after, limit }),
          profile: async (id) => (await findVersionedPeople(db, [id]))[0] ?? null,
          holdFiles: (id, scheduledId, keys, until) => holdFiles(db, id, scheduledId, keys, until),
          releaseFiles: (id, scheduledId, until) => releaseFiles(db, id, scheduledId, until),
          archiveStates: (id, ids) => findArchiveStates(db, id, ids),
          sessionEnd: async (userId, id) =>
            (await findLiveSession(db, { id, userId, now: Date.now() }))?.expiresAt ?? null,
          spaceViews: (id, space) => findSpaceViews(db, id, space),
          isSpaceOver: (id) => isSpaceOver(db, id),
          membersIn: (space, ids) => findSpaceMembers(db, space, ids),
          fileExists: async (key) => (await findFile(db, key, Date.now())) !== null,
          isSuspended: async (id) => (await findSuspension(db, id, Date.now()))?.shadow === false,
          releaseFilesOf: (id, after) =>
            releaseFilesOf(db, id, { after, limit: FILES_AT_ONCE }, Date.now() + timing.files.expiryMs),
          ...releasedFiles(db, env.FILES, timing),
          storeSize: sizeStore(db, "inbox"),
          setOnline: (id, online) => setOnline(db, id, online),
          onlineContacts: (id, after, limit) => listOnlineContacts(db, id, { after, limit }),
        },
        conversations: new ConversationStubs(env.CONVERSATION, timing.rpcRetry, timing.callChannels),
        contacts: new InboxStubs(env.INBOX, timing.rpcRetry),
        protocols: countedProtocols(deviceProtocols(settings), metrics),
        pushServices: pushServices(settings, timing),
        gatewayFormat: kookFormat,
        bots: {
          format: telegramFormat,
          caller: botCaller({
            ...{ settings, timing, app, env, waitUntil: (work) => ctx.waitUntil(work) },
          }),
        },
        readToken: (token) => readToken(env.TOKEN_SECRET, token),
        settings,
        metrics,
        timing,
      });
    }
  }

  class Hook extends HookObject {
    constructor(ctx: DurableObjectState, env: Env) {
      const db = openDatabase(env.DB);
      const conversations = new ConversationStubs(env.CONVERSATION, timing.rpcRetry);
      const metrics = events.forObject();
      super(ctx, env, {
        conversations: (id, after, limit) => listHookConversations(db, id, after, limit),
        cover: (id, input) => conversations.coverHook(id, input),
        ...hookPorts(db, readSettings(env), timing, metrics),
        userEvents: (after, limit) => listUserEvents(db, after, limit, Date.now()),
        lastUserEventBefore: (time) => lastUserEventBefore(db, time),
        metrics,
        timing,
      });
    }
  }

  const handlers = {
    fetch: app.fetch,
    /**
     * Each hour (see wrangler.toml): deletes what has expired; logs the size of D1; wakes conversations and
     * hooks; backs up.
     */
    async scheduled(_controller, env) {
      const { backsUpDaily, isRestoring, retentionDays } = readSettings(env);
      if (isRestoring) return;
      const db = openDatabase(env.DB);
      await deleteExpired(db, env.FILES, timing);
      await logDatabaseSize(db, timing);
      const hooks = new HookStubs(env.HOOK, timing.rpcRetry);
      await deleteOrphanedBots({ db, inboxes: new InboxStubs(env.INBOX, timing.rpcRetry) });
      await wakeHooksOfUsers(db, hooks);
      const conversations = new ConversationStubs(env.CONVERSATION, timing.rpcRetry);
      await wakeForRetention(db, conversations, retentionDays);
      if (!backsUpDaily) return;
      const inboxes = new InboxStubs(env.INBOX, timing.rpcRetry);
      const core = { ...{ db, hooks, conversations, inboxes }, files: env.FILES };
      await backUpIntoBucket(core, backupBucket(env), timing.scheduledBackup);
    },
  } satisfies ExportedHandler<Env>;

  return { app, handlers, Conversation, Relay, Archive, Inbox, Hook };
}

/** Where events are counted. */
function metricsOf(bindings: object, timing: Timing): ReadableMetrics {
  const dataset = eventDataset(bindings);
  return dataset ? new MetricsInAnalyticsEngine(dataset, timing.metrics) : new MetricsInMemory();
}

/** Where objects of a kind report their sizes. */
function sizeStore(db: Database, kind: LargeObjectKind): SizeDirectory["storeSize"] {
  return (id, bytes, archives = []) =>
    bytes === null
      ? deleteLargeObject(db, kind, id)
      : storeLargeObject(db, { kind, id, bytes, archives: [...archives], reportedAt: Date.now() });
}

/** What calls hooks. */
function hookPorts(db: Database, { wayOut }: Settings, timing: Timing, metrics: Metrics) {
  const directory: HookDirectory = {
    hook: (id) => findHookTarget(db, id, Date.now()),
    externalIds: (ids) => findExternalIds(db, ids),
    conversationExternalId: (id) => findConversationExternalId(db, id),
    failed: (id, subject, failure) => storeHookFailure(db, id, subject, failure),
    recovered: (id, subject) => deleteHookFailure(db, id, subject),
    succeeded: async (id, at) => void (await updateHook(db, id, { lastSuccessAt: at })),
    end: (id, state) => endHook(db, id, state),
  };
  const counted = async <Answer extends { status: number | null }>(kind: string, answer: Promise<Answer>) => {
    const { status } = await answer;
    const result = status === null ? "failed" : status >= 200 && status < 300 ? "taken" : "refused";
    metrics.count("hook_calls", { kind, result });
    return answer;
  };
  const call: HookCaller["call"] = (url, headers, body) =>
    counted("event", callHook({ url, headers, body }, wayOut, timing.hooks));
  const ask: HookCaller["ask"] = (url, headers, body, timeoutMs) =>
    counted("question", askHook({ url, headers, body }, wayOut, timeoutMs));
  return { directory, caller: { call, ask }, format: hookFormat };
}

/** The wire formats of device sockets, by name. */
function deviceProtocols(settings: Settings): Protocols {
  const formats = [deviceProtocol, timProtocol(settings), usersigProtocol(settings), kookProtocol];
  return Object.fromEntries(formats.map((format) => [format.name, format]));
}

/** The wire formats, with each refusal counted. */
function countedProtocols(protocols: Protocols, metrics: Metrics): Protocols {
  const counted = Object.entries(protocols).map(([name, protocol]) => [
    name,
    { ...protocol, ...countedRefusals(protocol, `${name}_device`, metrics) },
  ]);
  return Object.fromEntries(counted);
}

type Refused<Frame> = { refused(...refusal: Parameters<DeviceProtocol["refused"]>): Frame };

/** The refusals of a wire format, which are counted as they are made. */
function countedRefusals<Frame>(
  { refused }: Refused<Frame>,
  surface: string,
  metrics: Metrics,
): Refused<Frame> {
  return {
    refused: (failure, about) => {
      metrics.count("refusals", { surface, code: failure.code });
      return refused(failure, about);
    },
  };
}

/** The bucket of backups: a binding that an operator adds to wrangler.toml; undefined: there is none. */
export function backupBucket(env: object): R2Bucket | undefined {
  const binding: unknown = Reflect.get(env, "BACKUPS");
  return isBucket(binding) ? binding : undefined;
}

function isBucket(binding: unknown): binding is R2Bucket {
  return typeof binding === "object" && binding !== null && "put" in binding && "head" in binding;
}
