import type { ConversationId } from "../domain/ids.ts";
import type { CreatedConversation } from "../domain/ports.ts";
import type { Timing } from "../domain/timing.ts";
import { hasSchema, migrate } from "../object/migrations.ts";
import { firstNotifications } from "./actions/notifications.ts";
import { NotificationOutbox } from "./delivery/notification-outbox.ts";
import { HookPositions } from "./hooks/hook-positions.ts";
import { Members } from "./members/members.ts";
import { ProfileCache } from "./members/profile-cache.ts";
import { MIGRATIONS } from "./migrations.ts";

/**
 * Creates the tables of a conversation from its record in D1, in one transaction: profile, first members,
 * notifications, alarm jobs. Idempotent: an object with tables is left as it is.
 */
export function create(
  storage: DurableObjectStorage,
  id: ConversationId,
  { profile, directPermission, members, hooks }: CreatedConversation,
  timing: Pick<Timing, "retryMarker" | "directPermission">,
): void {
  if (hasSchema(storage)) return;
  storage.transactionSync(() => {
    migrate(storage, MIGRATIONS);
    storage.sql.exec(
      `INSERT INTO conversation
         (id, kind, name, avatar, introduction, announcement, join_policy, policy, owner_id, created_at,
          handle, max_members, custom_fields, discoverable, metadata, history, may_leave, retention_days,
          legal_hold, slow_mode_s, mute_all, viewers, space_id, blocked, friends, friends_only)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      id,
      profile.kind,
      profile.name,
      profile.avatar,
      profile.introduction,
      profile.announcement,
      profile.joinPolicy,
      profile.policy,
      profile.ownerId,
      profile.createdAt,
      profile.handle,
      profile.maxMembers,
      JSON.stringify(profile.customFields),
      profile.discoverable === null ? null : Number(profile.discoverable),
      profile.metadata,
      profile.history === null ? null : Number(profile.history),
      Number(profile.mayLeave),
      profile.retentionDays,
      Number(profile.legalHold),
      profile.slowModeS,
      Number(profile.muteAll),
      profile.viewers,
      profile.spaceId,
      Number(directPermission.blocked),
      Number(directPermission.friends),
      Number(directPermission.friendsOnly),
    );
    Members.insertFirst(storage.sql, members, profile.kind === "direct");
    const now = Date.now();
    for (const { person } of members) ProfileCache.write(storage.sql, person, now);
    // No inbox has the conversation yet. After a crash these jobs deliver it.
    storage.sql.exec(
      "INSERT INTO jobs (kind, key, due) VALUES ('fanout', '', ?)",
      now + timing.retryMarker.dueMs,
    );
    if (NotificationOutbox.write(storage.sql, firstNotifications({ id, profile }, members)).length > 0) {
      storage.sql.exec(
        "INSERT INTO jobs (kind, key, due) VALUES ('notifications', '', ?)",
        now + timing.retryMarker.dueMs,
      );
    }
    HookPositions.storeFirst(storage.sql, hooks);
    for (const { id: hook } of hooks)
      storage.sql.exec("INSERT INTO jobs (kind, key, due) VALUES ('hooks', ?, ?)", hook, now);
    // A block that was stored after the read of D1 found no object to announce itself to: read D1 once more.
    if (profile.kind !== "direct") return;
    storage.sql.exec(
      "INSERT INTO jobs (kind, key, due) VALUES ('direct_permission', '', ?)",
      now + timing.directPermission.expiryMs,
    );
  });
}
