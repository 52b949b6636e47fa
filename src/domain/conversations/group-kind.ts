import { z } from "zod";

/**
 * The kind of a group. The differences between kinds are only in `POLICIES`: code asks the policy of a group
 * and never compares its kind. A surface chooses the kind when it creates a group.
 */
export const PolicyName = z.enum([
  "group",
  "private",
  "public",
  "chatroom",
  "community",
  "livestream",
  "channel",
]);

export type PolicyName = z.infer<typeof PolicyName>;

/** The kinds of groups that belong to no space. */
export const PlainPolicyName = PolicyName.exclude(["channel"]);
export type PlainPolicyName = z.infer<typeof PlainPolicyName>;

/** A member's role; a group has one owner. */
export const Role = z.enum(["owner", "admin", "member"]);

export type Role = z.infer<typeof Role>;

/**
 * What users may do in a group who are no members of it, and look: nothing (`none`), look (`look`), or look
 * and become members by writing (`write`). A group with viewers is an audience room: it was created as one.
 */
export const Viewing = z.enum(["none", "look", "write"]);

export type Viewing = z.infer<typeof Viewing>;

/**
 * Who may join a group: everybody (`free`), users after approval (`approval`), only users who are added
 * (`closed`).
 */
export const JoinPolicy = z.enum(["free", "approval", "closed"]);

export type JoinPolicy = z.infer<typeof JoinPolicy>;
