import { z } from "zod";

/** Who changes username, nickname and avatar of users without a password: they themselves, or the team. */
export const ProfilePolicy = z.enum(["user", "server"]);
/**
 * With whom a user may begin a direct conversation. `shared`: friends, and members of a conversation of
 * theirs.
 */
export const DirectPolicy = z.enum(["anyone", "shared", "friends", "server"]);
/** Who may create groups. */
export const GroupPolicy = z.enum(["anyone", "server"]);
/** Who may make spaces. `server`: the team's backend; `off`: nobody. */
export const SpacePolicy = z.enum(["anyone", "server", "off"]);
/** Who may make bots. */
export const BotPolicy = z.enum(["anyone", "server"]);
/** Whom a user may look up. `shared`: everybody with whom they share something. */
export const LookupPolicy = z.enum(["anyone", "shared", "off"]);

/** What users may do by themselves. `server`: nobody but the team's backend, which also acts as users. */
export interface Policies {
  /** `PROFILES` */
  profiles: z.infer<typeof ProfilePolicy>;
  /** `DIRECT` */
  direct: z.infer<typeof DirectPolicy>;
  /** `GROUPS` */
  groups: z.infer<typeof GroupPolicy>;
  /** `SPACES`; without it as `GROUPS` */
  spaces: z.infer<typeof SpacePolicy>;
  /** `BOTS` */
  bots: z.infer<typeof BotPolicy>;
  /** `LOOKUP` */
  lookup: z.infer<typeof LookupPolicy>;
}

/** Everything is allowed: as a server without these settings has it, and for a key that acts as a user. */
export const OPEN_POLICIES: Policies = {
  profiles: "user",
  direct: "anyone",
  groups: "anyone",
  spaces: "anyone",
  bots: "anyone",
  lookup: "anyone",
};
