import { z } from "zod";
import { JoinPolicy, Viewing } from "../conversations/group-kind.ts";
import { CustomFields } from "../custom-fields.ts";

/** The changed fields of a group's profile, with their new values. */
const ChangedProfile = z
  .object({
    name: z.string(),
    avatar: z.string(),
    introduction: z.string(),
    announcement: z.string(),
    joinPolicy: JoinPolicy,
    discoverable: z.boolean(),
    threads: z.boolean(),
    muteAll: z.boolean(),
    viewers: Viewing,
    slowModeS: z.int().nonnegative(),
    /** only the changed fields */
    customFields: CustomFields,
  })
  .partial();
/** The fields of a group's profile of which a system message tells. */
export const PROFILE_FIELDS = ChangedProfile.keyof().options;

/** The details of a group event that are not in the system message's body. */
export const SystemMessageChange = z.object({
  /** of `role`: the new role */
  role: z.enum(["admin", "member"]).optional(),
  /** of `muted`: the duration in seconds; 0: the mute was ended */
  mutedForS: z.int().nonnegative().optional(),
  /** of `profile` */
  profile: ChangedProfile.optional(),
});
export type SystemMessageChange = z.infer<typeof SystemMessageChange>;

/** The details that a system message stores beside its body: the group after the event. */
export const SystemMessageDetails = SystemMessageChange.extend({
  groupName: z.string(),
  memberCount: z.int(),
});
export type SystemMessageDetails = z.infer<typeof SystemMessageDetails>;
