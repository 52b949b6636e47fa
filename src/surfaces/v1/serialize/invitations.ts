import type { z } from "@hono/zod-openapi";
import type { Invitation, InvitedGroup } from "../../../domain/conversations/invitation.ts";
import type {
  Invitation as InvitationShape,
  InvitedGroup as InvitedGroupShape,
} from "../schemas/invitations.ts";

/** An invitation as v1 shows it to the owner and admins. */
export function serializeInvitation(invitation: Invitation): z.infer<typeof InvitationShape> {
  const { code, expiresAt, maxUses, uses, createdBy, createdAt } = invitation;
  return {
    ...{ code, expires_at: expiresAt, max_uses: maxUses, uses },
    ...{ created_by: createdBy, created_at: createdAt },
  };
}

/** The group of an invitation as v1 shows it to whoever has the code. */
export function serializeInvitedGroup(group: InvitedGroup): z.infer<typeof InvitedGroupShape> {
  const { id, name, avatar, introduction, memberCount, state, expiresAt, inviter } = group;
  return {
    ...{ id, name, avatar, introduction, member_count: memberCount, state },
    expires_at: expiresAt,
    inviter: inviter && inviterOf(inviter),
  };
}

function inviterOf({ username, nickname, avatar }: NonNullable<InvitedGroup["inviter"]>) {
  return { username, nickname, avatar };
}
