import { env } from "cloudflare:workers";
import { ConversationStubs, RelayStubs } from "../../../src/conversation/stub.ts";
import { HashTurns } from "../../../src/core/accounts/hash-turns.ts";
import { SessionCache } from "../../../src/core/accounts/session-cache.ts";
import type { Core } from "../../../src/core/context.ts";
import { ThumbnailTurns } from "../../../src/core/files/thumbnail-turns.ts";
import { createGroup } from "../../../src/core/groups/create-group.ts";
import { HealthCheck } from "../../../src/core/health-check.ts";
import { KeyCache } from "../../../src/core/server/key-cache.ts";
import { KeySets } from "../../../src/core/server/key-sets.ts";
import type { PolicyName } from "../../../src/domain/conversations/group-kind.ts";
import { FileOrigins } from "../../../src/domain/files/file-origins.ts";
import { type ConversationId, UserId } from "../../../src/domain/ids.ts";
import { SharedRules } from "../../../src/domain/moderation/rules/shared.ts";
import { readSettings } from "../../../src/domain/settings.ts";
import { HookStubs } from "../../../src/hook/stub.ts";
import { InboxStubs } from "../../../src/inbox/stub.ts";
import { openDatabase } from "../../../src/storage/database.ts";
import { MetricsInMemory } from "../../../src/storage/metrics/memory.ts";
import { listAllByName } from "../../../src/surfaces/tim/use-cases/list.ts";
import { timing } from "../timing.ts";

/** The core as surfaces get it, for functions that v1 does not offer. */
function core(): Core {
  return {
    db: openDatabase(env.DB),
    conversations: new ConversationStubs(env.CONVERSATION, timing.rpcRetry),
    relays: new RelayStubs(env.RELAY, timing.rpcRetry),
    inboxes: new InboxStubs(env.INBOX, timing.rpcRetry),
    hooks: new HookStubs(env.HOOK, timing.rpcRetry),
    files: env.FILES,
    images: env.IMAGES,
    thumbnailTurns: new ThumbnailTurns(timing.thumbnails),
    sessionCache: new SessionCache(timing.sessionCache),
    keyCache: new KeyCache(timing.serverKeys),
    keySets: new KeySets(timing.keySets),
    secretOf: () => null,
    health: new HealthCheck(timing.health),
    rules: new SharedRules(),
    hashTurns: new HashTurns(timing.hashing),
    securityLog: { record: () => undefined },
    metrics: new MetricsInMemory(),
    surface: "v1",
    fileOrigins: new FileOrigins(readSettings(env), "https://parley.test"),
    settings: readSettings(env),
    timing,
    waitUntil: (work) => void work,
  };
}

interface Named {
  user: { id: number };
}

/** Creates a group of any kind. v1 creates one kind only. */
export async function createGroupOfKind(
  policy: PolicyName,
  owner: Named,
  others: Named[],
  joinPolicy: "free" | "approval" | "closed" = "approval",
  maxMembers?: number,
): Promise<ConversationId> {
  const memberIds = others.map(({ user }) => UserId.parse(user.id));
  const group = { name: policy, memberIds, joinPolicy, policy, maxMembers };
  return (await createGroup(core(), UserId.parse(owner.user.id), group)).conversation.id;
}

/**
 * The caller's whole list, cut at `limit` conversations.
 * @returns the ids of the conversations, 0 for the notifications, and the cursor of what follows
 */
export async function wholeList(caller: Named, limit: number) {
  const { parts, nextCursor } = await listAllByName(core(), UserId.parse(caller.user.id), limit);
  const ids: number[] = [];
  for await (const { items } of parts)
    ids.push(...items.map((item) => ("notices" in item ? 0 : item.conversation.id)));
  return { ids, nextCursor };
}
