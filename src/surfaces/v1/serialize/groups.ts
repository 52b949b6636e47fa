import type { z } from "@hono/zod-openapi";
import type { OutlineWithOwner } from "../../../core/groups/group-outline.ts";
import type { GroupMember } from "../../../core/groups/groups.ts";
import type { Ban } from "../../../domain/conversations/ban.ts";
import type { IncomingHook, IncomingHookWithSecret } from "../../../domain/conversations/incoming-hook.ts";
import type { JoinRequest, OwnJoinRequest } from "../../../domain/conversations/join-request.ts";
import { serializeUser } from "../accounts/users.ts";
import type { Ban as BanShape, Group, JoinRequest as JoinRequestShape, Member } from "../schemas/groups.ts";
import type { IncomingHook as IncomingHookShape, IncomingHookWithUrl } from "../schemas/incoming-hooks.ts";

/** A member as v1 shows them. */
export function serializeMember(member: GroupMember): z.infer<typeof Member> {
  return {
    user: serializeUser(member.user),
    role: member.role,
    muted_until: member.mutedUntil,
    name_card: member.nameCard,
    joined_at: member.joinedAt,
  };
}

/** A group as v1 shows it to users who are not in it. */
export function serializeGroup(group: OutlineWithOwner): z.infer<typeof Group> {
  const { id, name, avatar, introduction, memberCount, joinPolicy, owner, state } = group;
  return {
    ...{ id, name, avatar, introduction, member_count: memberCount, join_policy: joinPolicy },
    ...(owner && { owner: serializeUser(owner) }),
    state,
  };
}

/** A join request as v1 shows it. */
export function serializeJoinRequest(request: JoinRequest): z.infer<typeof JoinRequestShape> {
  const { id, user, message, createdAt } = request;
  return { id, user: serializeUser(user), message, created_at: createdAt };
}

/** A ban as v1 shows it. */
export function serializeBan({ user, reason, bannedBy, createdAt }: Ban): z.infer<typeof BanShape> {
  return { user: serializeUser(user), reason, banned_by: bannedBy, created_at: createdAt };
}

/** An open join request of the caller as v1 shows it. */
export function serializeOwnJoinRequest({ conversationId, createdAt }: OwnJoinRequest) {
  return { conversation_id: conversationId, created_at: createdAt };
}

/** An incoming hook as v1 shows it to the owner and admins. */
export function serializeIncomingHook(hook: IncomingHook): z.infer<typeof IncomingHookShape> {
  const { id, name, avatar, createdBy, createdAt, waiting } = hook;
  return { id, name, avatar, created_by: createdBy, created_at: createdAt, waiting };
}

/** The same with its URL, once. @param origin of this server */
export function serializeWithUrl(
  hook: IncomingHookWithSecret,
  origin: string,
): z.infer<typeof IncomingHookWithUrl> {
  return { ...serializeIncomingHook(hook), url: `${origin}/hooks/${hook.id}/${hook.secret}` };
}
