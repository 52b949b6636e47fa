import type { z } from "@hono/zod-openapi";
import type { GroupMember } from "../../../core/groups/groups.ts";
import type { JoinRequest } from "../../../domain/conversations/join-request.ts";
import type { Application as ApplicationShape, Member as MemberShape } from "../schemas/groups.ts";
import { serializeUser } from "./users.ts";

/** A member as v1 shows them. */
export function serializeMember(member: GroupMember): z.infer<typeof MemberShape> {
  return {
    user: serializeUser(member.user),
    role: member.role,
    muted_until: member.mutedUntil,
    name_card: member.nameCard,
    joined_at: member.joinedAt,
  };
}

/** A join request as v1 shows it. */
export function serializeApplication(application: JoinRequest): z.infer<typeof ApplicationShape> {
  const { id, user, message, createdAt } = application;
  return { id, user: serializeUser(user), message, created_at: createdAt };
}
