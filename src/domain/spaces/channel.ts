import { z } from "zod";
import type { CustomFields } from "../custom-fields.ts";
import type { CategoryId, ConversationId, UserId } from "../ids.ts";
import { bitsOf, has, type PermissionBits } from "./permission.ts";
import type { Override } from "./rights.ts";
import { EVERYONE_ROLE } from "./role.ts";

/** `open`: what every member may read. `private`: `everyone` may not, and others are named. */
export const ChannelVisibility = z.enum(["open", "private"]);
export type ChannelVisibility = z.infer<typeof ChannelVisibility>;

/** `announcement`: `everyone` may not write in it. */
export const ChannelKind = z.enum(["text", "announcement"]);
export type ChannelKind = z.infer<typeof ChannelKind>;

/** What a channel has besides its name and its topic. */
export interface ChannelProfile {
  avatar: string;
  announcement: string;
  customFields: CustomFields;
}

/** A channel as the list of its space shows it. */
export interface StoredChannel extends ChannelProfile {
  id: ConversationId;
  name: string;
  /** what it is about */
  topic: string;
  /** who has made it; null: the account is deleted */
  ownerId: UserId | null;
  /** seconds between two messages of one member; 0: none */
  slowModeS: number;
  /** rises with each change of what it is shown with */
  version: number;
  /** who may not manage it may not write */
  muteAll: boolean;
  /** ms since 1970 */
  createdAt: number;
  /** the category that it is shown in; null: none */
  categoryId: CategoryId | null;
  /** who comes into the space follows it */
  isDefault: boolean;
  /** the user who asks follows it */
  isFollowed: boolean;
}

/** A channel as a member of its space sees it. */
export interface OwnChannel extends StoredChannel, ChannelLook {
  /** its place among those that they see */
  position: number;
  /** what they may do in it */
  permissions: PermissionBits;
}

/** What the overrides of `everyone` make of a channel. */
export interface ChannelLook {
  visibility: ChannelVisibility;
  kind: ChannelKind;
}

/** What the overrides of a channel make of it. */
export function lookOf(overrides: readonly Override[]): ChannelLook {
  const denied = overrides.find(({ roleId }) => roleId === EVERYONE_ROLE)?.deny ?? 0;
  return {
    visibility: has(denied, "read") ? "private" : "open",
    kind: has(denied, "write") ? "announcement" : "text",
  };
}

/** What a channel allows and denies to `everyone`, once it looks so. Absent fields stay. */
export function withLook(
  { allow, deny }: Pick<Override, "allow" | "deny">,
  { visibility, kind }: { [Field in keyof ChannelLook]?: ChannelLook[Field] | undefined },
): Pick<Override, "allow" | "deny"> {
  const switched = [
    { permission: "read" as const, isDenied: visibility && visibility === "private" },
    { permission: "write" as const, isDenied: kind && kind === "announcement" },
  ];
  const bits = (isDenied: boolean) =>
    bitsOf(switched.flatMap((one) => (one.isDenied === isDenied ? one.permission : [])));
  return { allow: allow & ~bits(true), deny: (deny | bits(true)) & ~bits(false) };
}
