import { z } from "zod";

/**
 * What differs between kinds of group is in these records alone: the core asks the policy, never for a
 * kind by its name. A surface names the policy of a group when it creates it.
 */
export const PolicyName = z.enum(["group", "private", "public", "chatroom", "community", "livestream"]);

export type PolicyName = z.infer<typeof PolicyName>;

export const Role = z.enum(["owner", "admin", "member"]);

export type Role = z.infer<typeof Role>;

/** Who may join a group: anyone, whoever is let in, only who is added. */
export const JoinPolicy = z.enum(["free", "approval", "closed"]);

export type JoinPolicy = z.infer<typeof JoinPolicy>;
