import { z } from "zod";
import type { Person } from "../accounts/person.ts";
import { NewUsername, ProfileFields } from "../accounts/user.ts";
import { StaffRole } from "../moderation/staff.ts";
import { Metadata } from "./metadata.ts";
import type { ExternalId } from "./user-ref.ts";

/** `suspended`: may not sign in; `deactivated`: the account is deleted. */
export const UserState = z.enum(["active", "suspended", "deactivated"]);
export type UserState = z.infer<typeof UserState>;

/** A user who may not sign in, or whom nobody else hears. */
export interface Suspension {
  /** milliseconds since 1970; null: for ever */
  until: number | null;
  /** for the team: the user is not shown it */
  reason: string;
  /** the user may sign in and send, and nobody but they see what they send */
  shadow: boolean;
}

/** Whether one suspension is at least as hard as another, and lasts as long: it holds for both. */
export function covers(one: Suspension, other: Suspension): boolean {
  const endOf = ({ until }: Suspension) => until ?? Infinity;
  return (!one.shadow || other.shadow) && endOf(one) >= endOf(other);
}

/** Whether a bot has the suspension of its maker, and none of its own. */
export function isSame(one: Suspension, other: Suspension | null): boolean {
  return one.until === other?.until && one.shadow === other.shadow && one.reason === other.reason;
}

/** A user as the team's backend sees them. Times are milliseconds since 1970. */
export interface ServerUser extends Person {
  /** null: none */
  externalId: ExternalId | null;
  email: string;
  metadata: Metadata;
  /** a program of the team's, and no person */
  bot: boolean;
  /** what they may do for the deployment */
  role: StaffRole;
  state: UserState;
  /** null: the user is not suspended */
  suspension: Suspension | null;
  /** the user signs in with a password, and changes their profile themself */
  hasPassword: boolean;
  createdAt: number;
  /** the date, in UTC, on which a session of theirs was last used; null: never, or long ago */
  lastSeenOn: string | null;
}

/** The fields of a user that the team's backend sets. */
export const ServerUserFields = z.object({
  username: NewUsername,
  nickname: ProfileFields.shape.nickname,
  avatar: ProfileFields.shape.avatar,
  email: ProfileFields.shape.email,
  metadata: Metadata,
  bot: z.boolean(),
  role: StaffRole,
});
type ServerUserFields = z.infer<typeof ServerUserFields>;

/** A change by the team's backend: an absent field is unchanged. */
export type ServerUserChange = { [Field in keyof ServerUserFields]?: ServerUserFields[Field] | undefined };
