import { z } from "@hono/zod-openapi";
import { type BodyJson, StoredBody, SystemMessage } from "../../../domain/messages/content.ts";
import { PROFILE_FIELDS, type SystemMessageDetails } from "../../../domain/messages/system-message.ts";

const ChangedField = z.enum([
  ...["name", "avatar", "introduction", "announcement", "join_policy", "discoverable", "threads"],
  ...["may_write", "slow_mode_s", "custom_fields"],
] as const);
/** A field of a group's profile, as a call names it. */
type ChangedField = z.infer<typeof ChangedField>;

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
type SystemMessageFacts = z.infer<typeof SystemMessageFacts>;

/** The body of a system message. */
export const SystemMessageBody = z
  .object({ ...SystemMessage.shape, ...SystemMessageFacts.shape })
  .openapi("SystemMessageBody", {
    description: "`role`, `muted_for_s`, `changed` and `name` are absent in the oldest messages",
  });

/** The names that v1 gives to the fields of a group's profile. */
const FIELDS = {
  name: "name",
  avatar: "avatar",
  introduction: "introduction",
  announcement: "announcement",
  joinPolicy: "join_policy",
  discoverable: "discoverable",
  threads: "threads",
  muteAll: "may_write",
  viewers: "may_write",
  slowModeS: "slow_mode_s",
  customFields: "custom_fields",
} as const satisfies Record<(typeof PROFILE_FIELDS)[number], ChangedField>;

/** The body of a system message as v1 shows it: what is stored, and what has changed by the event. */
export function systemMessageBody(body: BodyJson, details: SystemMessageDetails): string {
  const { role, mutedForS, profile } = details;
  const facts: SystemMessageFacts = {
    ...(role && { role }),
    ...(mutedForS !== undefined && { muted_for_s: mutedForS }),
    ...(profile && {
      changed: [
        ...new Set(PROFILE_FIELDS.flatMap((field) => (profile[field] === undefined ? [] : FIELDS[field]))),
      ],
      ...(profile.name !== undefined && { name: profile.name }),
    }),
  };
  if (Object.keys(facts).length === 0) return body;
  return JSON.stringify({ ...StoredBody.parse(JSON.parse(body)), ...facts });
}
