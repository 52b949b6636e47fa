import { z } from "zod";
import type { CategoryId, ConversationId, UserId } from "../ids.ts";
import type { RoleId } from "./role.ts";

/** What the audit log of a space notes. */
export const SpaceAction = z.enum([
  "space_changed",
  "owner_changed",
  "role_created",
  "role_changed",
  "role_deleted",
  "roles_ordered",
  "role_given",
  "role_taken",
  "member_removed",
  "member_muted",
  "member_banned",
  "ban_lifted",
  "channel_created",
  "channel_changed",
  "channel_deleted",
  "channels_ordered",
  "override_set",
  "override_ended",
  "category_created",
  "category_renamed",
  "category_deleted",
  "invitation_created",
  "invitation_withdrawn",
]);
export type SpaceAction = z.infer<typeof SpaceAction>;

/** Fields of what was changed, under the names of v1. */
export const AuditFields = z.record(z.string(), z.json());
export type AuditFields = z.infer<typeof AuditFields>;

/** To whom and to what something was done; null: not to such a one. */
interface SpaceSubject {
  userId: UserId | null;
  roleId: RoleId | null;
  conversationId: ConversationId | null;
  categoryId: CategoryId | null;
}

/** A line of the audit log of a space. */
export interface SpaceAuditEntry extends SpaceSubject {
  /** counts the lines of all spaces up */
  id: number;
  /** ms since 1970 */
  at: number;
  by: UserId;
  action: SpaceAction;
  /** the fields that changed, before and after; null: none is noted */
  before: AuditFields | null;
  after: AuditFields | null;
}

/** The fields that differ, before and after; undefined: none does. */
export function changedFields(
  before: AuditFields,
  after: AuditFields,
): { before: AuditFields; after: AuditFields } | undefined {
  const differing = Object.keys(after).filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  if (differing.length === 0) return undefined;
  const pick = (fields: AuditFields) =>
    Object.fromEntries(differing.map((name) => [name, fields[name] ?? null]));
  return { before: pick(before), after: pick(after) };
}
