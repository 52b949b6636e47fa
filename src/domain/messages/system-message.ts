import { z } from "zod";
import { JoinPolicy } from "../conversations/group-kind.ts";
import { CustomFields } from "../custom-fields.ts";

/** What of a group's profile was changed, and to what. */
const ChangedProfile = z
  .object({
    name: z.string(),
    avatar: z.string(),
    introduction: z.string(),
    announcement: z.string(),
    joinPolicy: JoinPolicy,
    muteAll: z.boolean(),
    /** those alone which were named */
    customFields: CustomFields,
  })
  .partial();

/** What happened to the group besides what the tip's body says. */
export const SystemMessageChange = z.object({
  /** of `role`: what they are now */
  role: z.enum(["admin", "member"]).optional(),
  /** of `muted`: for how long; 0: the mute was ended */
  mutedForS: z.int().nonnegative().optional(),
  /** of `profile` */
  profile: ChangedProfile.optional(),
});
export type SystemMessageChange = z.infer<typeof SystemMessageChange>;

/** What a tip keeps besides its body, all of it as it was behind what the tip tells of. */
export const SystemMessageDetails = SystemMessageChange.extend({
  groupName: z.string(),
  memberCount: z.int(),
});
export type SystemMessageDetails = z.infer<typeof SystemMessageDetails>;
