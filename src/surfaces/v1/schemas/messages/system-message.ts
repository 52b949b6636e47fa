import { z } from "@hono/zod-openapi";
import { SystemMessage } from "../../../../domain/messages/content.ts";

const ChangedField = z.enum([
  ...["name", "avatar", "introduction", "announcement", "join_policy", "discoverable", "threads"],
  ...["mute_all", "slow_mode_s", "custom_fields"],
] as const);
/** A field of a group's profile, as a call names it. */
export type ChangedField = z.infer<typeof ChangedField>;

/** What has changed by the event of a system message. */
const SystemMessageFacts = z.object({
  role: z.enum(["admin", "member"]).optional().openapi({ description: "Of `role`: the new one" }),
  muted_for_s: z
    .int()
    .nonnegative()
    .optional()
    .openapi({ description: "Of `muted`: for how long, in seconds; 0: the mute was ended" }),
  changed: z.array(ChangedField).optional().openapi({ description: "Of `profile`: the changed fields" }),
  name: z.string().optional().openapi({ description: "Of `profile`: the new name of the group" }),
});
export type SystemMessageFacts = z.infer<typeof SystemMessageFacts>;

/** The body of a system message. */
export const SystemMessageBody = z
  .object({ ...SystemMessage.shape, ...SystemMessageFacts.shape })
  .openapi("SystemMessageBody", {
    description: "`role`, `muted_for_s`, `changed` and `name` are absent in the oldest messages",
  });
