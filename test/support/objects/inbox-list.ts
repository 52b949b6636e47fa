import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { ConversationId, Position, type UserId } from "../../../src/domain/ids.ts";
import { LIMITS } from "../../../src/domain/limits.ts";
import type { Conversations } from "../../../src/domain/ports.ts";
import type { InboxUpdate } from "../../../src/domain/sync/inbox-update.ts";
import { ConversationList } from "../../../src/inbox/list/conversation-list.ts";
import { ListWriter } from "../../../src/inbox/list/list-writer.ts";
import { timing } from "../timing.ts";

/** The list of an inbox over its tables. @param hasDevices whether it writes behind */
export function listOf(sql: SqlStorage, hasDevices = () => false): ConversationList {
  return new ConversationList(
    sql,
    new ListWriter(sql, { hasDevices, timing: timing.list }),
    LIMITS.crowdMembers,
  );
}

/**
 * Resolves once an inbox that gets no further updates has stored its list and forgotten what was recent. Its
 * timer rings at most twice, and timers of equal length ring in the order in which they were set.
 */
export function untilListStored(userId: UserId): Promise<void> {
  return runInDurableObject(env.INBOX.get(env.INBOX.idFromName(String(userId))), async () => {
    for (let rings = 0; rings < 2; rings++)
      await new Promise((resolve) => setTimeout(resolve, timing.list.writeBehindMs));
  });
}

/** What an inbox update has besides, where a test does not look at it. */
export const PLAIN = {
  ...{ kind: "group", unreadFrom: null, readAt: 0, threadsUnread: 0 },
  ...{ ignoresUnread: false, mentioned: [], peerRead: null },
} satisfies Partial<InboxUpdate>;

/** The update of a group that has as many messages as its version says, none of which is read. */
export function inboxUpdate(id: number, version: number, fields: Partial<InboxUpdate> = {}): InboxUpdate {
  const [none, last] = [Position.parse(0), Position.parse(version)];
  return {
    ...PLAIN,
    state: "active",
    ...{ conversationId: ConversationId.parse(id), version, rev: 0, memberCount: 2, deletedForMe: false },
    ...{ visibleFrom: none, newFrom: none, lastSeq: last, lastCount: version },
    ...{ readSeq: none, readCount: 0, preview: null, ephemeral: [] },
    ...{ updatedAt: version, countedAt: version, activeAt: version },
    ...fields,
  };
}

const unasked = () => Promise.reject(new Error("this is not asked here"));

/** Conversations that answer nothing but these calls. */
export function conversationsWith(asked: Partial<Conversations>): Conversations {
  return {
    ...{ send: unasked, sendFromDevice: unasked, checkDraft: unasked, read: unasked, typing: unasked },
    ...{ page: unasked, pageWithContext: unasked, message: unasked, changes: unasked, replay: unasked },
    ...{ kick: unasked, openSessions: unasked, removeDeleted: unasked, revokeSince: unasked },
    ...{ snapshot: unasked, pushConversation: unasked, showStream: unasked, takeProfile: unasked },
    follow: unasked,
    ...asked,
  };
}
