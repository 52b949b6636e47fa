import { z } from "zod";
import { CategoryId, ConversationId, UserId } from "../ids.ts";
import { RoleId } from "./role.ts";

/** What a member has done in a space, as its audit log names it. */
export const AuditAction = z.enum([
  "space_changed",
  "owner_changed",
  "channel_created",
  "channel_changed",
  "channel_deleted",
  "override_changed",
  "category_created",
  "category_changed",
  "category_deleted",
  "order_changed",
  "role_created",
  "role_changed",
  "role_deleted",
  "roles_ordered",
  "role_given",
  "role_taken",
  "member_joined",
  "member_left",
  "member_removed",
  "member_muted",
  "banned",
  "ban_lifted",
  "invitation_created",
  "invitation_withdrawn",
]);
export type AuditAction = z.infer<typeof AuditAction>;

/** What an entry is about. It names ids alone: who reads it knows what they may know by them. */
export const AuditSubject = z.object({
  conversation_id: ConversationId.optional(),
  category_id: CategoryId.optional(),
  role_id: RoleId.optional(),
  user_id: UserId.optional(),
});
export type AuditSubject = z.infer<typeof AuditSubject>;

/** Values before a change, or after it, by the names that the API has for them. */
export const AuditValues = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string()), z.array(z.number())]),
);
export type AuditValues = z.infer<typeof AuditValues>;
