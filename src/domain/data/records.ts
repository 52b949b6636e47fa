import { z } from "zod";
import { ProfileFields } from "../accounts/user.ts";
import { Buttons } from "../bots/buttons.ts";
import { Admitted } from "../contacts/consent.ts";
import { JoinPolicy, PlainPolicyName, Role, Viewing } from "../conversations/group-kind.ts";
import { HookOrigin } from "../conversations/incoming-hook.ts";
import { CustomFields } from "../custom-fields.ts";
import { Seq } from "../ids.ts";
import { LIMITS } from "../limits.ts";
import { AnyContent, type Content } from "../messages/content.ts";
import { Priority } from "../messages/message.ts";
import { PollBody } from "../messages/polls.ts";
import { PROFILE_FIELDS } from "../messages/system-message.ts";
import { NameCard } from "../names/names.ts";
import { Metadata } from "../server/metadata.ts";
import { ExternalId } from "../server/user-ref.ts";
import { FIRST_RIGHTS, Permission, permissionsIn } from "../spaces/permission.ts";
import { RoleColor } from "../spaces/role.ts";
import { textUpTo } from "../text.ts";
import { PastTime, Time, timeUpTo } from "../time.ts";

/**
 * The format of exports and imports: JSON Lines, each line a record `{type, <type>: {…}}`. Records name each
 * other by external ids, never by numbers of a deployment, so that another deployment can take them.
 */

/** @see Suspension: who may not sign in, or is in the shadow, has it in a copy, too */
const Suspended = z.object({
  /** null: for ever */
  until: Time.nullable().default(null),
  /** nobody but they see what they send */
  shadow: z.boolean().default(false),
  /** for the team */
  reason: textUpTo(LIMITS.suspensionReason).default(""),
});

/** The version of the format: a record of a higher one is refused. */
export const FORMAT_VERSION = 1;

/** The external id of a user, a conversation, a message or a file. */
const Ref = ExternalId;
const Json = z.record(z.string(), z.json());
/** An http(s) URL, or `""`. */
const Avatar = ProfileFields.shape.avatar;
/** The number of edits of a message, and one. */
const Version = z.int().positive().max(LIMITS.versions);

/** The first record of a file. */
const VersionRecord = z.object({
  format: z.int().positive(),
  /** what has written the file */
  source: z.string(),
  created_at: PastTime,
});

const { gender, birthday, location, language, signature, friendPolicy } = ProfileFields.shape;
const Profile = z
  .object({ gender, birthday, location, language, signature, friend_policy: friendPolicy })
  .extend({ who_may_write: Admitted, who_may_add: Admitted })
  .partial();

export const UserRecord = z.object({
  external_id: Ref,
  username: z.string().optional(),
  nickname: z.string().default(""),
  /** an http(s) URL, or `file:` and the external id of a file */
  avatar: z.string().default(""),
  email: z.string().default(""),
  metadata: Metadata.default({}),
  bot: z.boolean().default(false),
  /** what users say of themselves */
  profile: Profile.optional(),
  created_at: PastTime.optional(),
  /** the account is deleted: the user is shown as a deleted user, and never signs in */
  deleted: z.boolean().default(false),
  /** absent: the user is not suspended. An export of one's own account has none */
  suspension: Suspended.optional(),
  /** friends who have a record before this one; a friendship needs one of the two records */
  friends: z.array(Ref).default([]),
  /** users whom this one blocks, with a record before this one */
  blocked: z.array(Ref).default([]),
  /** in the export of one's own account: what the user calls friends, and the groups that they are in */
  friend_notes: z.array(z.object({ user: Ref, remark: z.string(), groups: z.array(z.string()) })).optional(),
  /** in the export of one's own account: the names of the user's groups of friends */
  friend_groups: z.array(z.string()).optional(),
});
export type UserRecord = z.infer<typeof UserRecord>;

/** Places of categories and channels grow with each that was ever made. */
const MAX_POSITION = 1_000_000_000;

/** What names the role `everyone` of a space, in overrides. */
export const EVERYONE_REF = ExternalId.parse("everyone");

/** A space. Its roles, categories, members and channels follow as records of their own. */
export const SpaceRecord = z.object({
  external_id: Ref,
  owner: Ref,
  name: z.string().min(1).max(100),
  avatar: z.string().default(""),
  description: textUpTo(LIMITS.description).default(""),
  /** what every member may do */
  everyone: z.array(Permission).default(permissionsIn(FIRST_RIGHTS)),
  /** whether the directory shows it, where there is one */
  discoverable: z.boolean().default(false),
  metadata: Metadata.default({}),
  /** seconds between two messages of a plain member, in channels without their own; 0: slow mode is off */
  slow_mode_s: z.int().nonnegative().max(LIMITS.slowModeS).default(0),
  created_at: PastTime.optional(),
  dissolved_at: PastTime.nullable().default(null),
});
export type SpaceRecord = z.infer<typeof SpaceRecord>;

/** A role of a space, besides `everyone`. */
export const RoleRecord = z.object({
  space: Ref,
  /** unique in its space */
  external_id: Ref.refine((id) => id !== EVERYONE_REF, "must not be `everyone`, which each space has"),
  name: z.string().min(1).max(100),
  color: RoleColor.nullable().default(null),
  /** higher is above; absent: below those that are there */
  position: z.int().positive().max(LIMITS.roles).optional(),
  permissions: z.array(Permission).default([]),
  mentionable: z.boolean().default(false),
  hoist: z.boolean().default(false),
});
export type RoleRecord = z.infer<typeof RoleRecord>;

/** A category of channels. */
export const CategoryRecord = z.object({
  space: Ref,
  /** unique in its space */
  external_id: Ref,
  name: z.string().min(1).max(100),
  /** lower is before; absent: behind those that are there */
  position: z.int().nonnegative().max(MAX_POSITION).optional(),
});
export type CategoryRecord = z.infer<typeof CategoryRecord>;

/** A member of a space. Who follows a channel of it is a member of that conversation besides. */
export const SpaceMemberRecord = z.object({
  space: Ref,
  user: Ref,
  /** all their roles besides `everyone`; absent: as they are here */
  roles: z.array(Ref).max(LIMITS.roles).optional(),
  joined_at: PastTime.optional(),
  /** absent, as the field that follows: as it is here; of a new member 0, and "" */
  muted_until: timeUpTo(LIMITS.muteSeconds * 1_000).optional(),
  name_card: NameCard.optional(),
});
export type SpaceMemberRecord = z.infer<typeof SpaceMemberRecord>;

/** What a channel allows or denies to the members with a role, or to one member. */
const OverrideRecord = z
  .object({
    /** a role of the space, or `everyone` */
    role: Ref.optional(),
    user: Ref.optional(),
    allow: z.array(Permission).default([]),
    deny: z.array(Permission).default([]),
  })
  .refine(({ role, user }) => (role === undefined) !== (user === undefined), "must name a role or a user")
  .refine(({ allow, deny }) => !allow.some((one) => deny.includes(one)), "must not allow what it denies");
export type OverrideRecord = z.infer<typeof OverrideRecord>;

/** What a conversation is. Members follow as records of their own, best behind the messages. */
export const ConversationFields = z.object({
  external_id: Ref,
  kind: z.enum(["direct", "group"]),
  created_at: PastTime.optional(),
  /** of a direct conversation: its two users */
  users: z.tuple([Ref, Ref]).optional(),
  /** of a group: who owns it; null: it is dissolved */
  owner: Ref.nullable().default(null),
  name: z.string().default(""),
  avatar: z.string().default(""),
  /** of a channel: its topic */
  introduction: z.string().default(""),
  announcement: z.string().default(""),
  join_policy: JoinPolicy.default("closed"),
  /** the group kind */
  policy: PlainPolicyName.default("group"),
  handle: z.string().nullable().default(null),
  /** whether new members see what was before they came; null: as the group kind says */
  history: z.enum(["all", "joined"]).nullable().default(null),
  /** whether members may leave */
  leave: z.boolean().default(true),
  threads: z.boolean().default(true),
  /** whether messages show previews of what they link to, where the deployment has them */
  link_previews: z.boolean().default(true),
  mute_all: z.boolean().default(false),
  /** what users may do who look and are no members */
  viewers: Viewing.default("none"),
  /** seconds between two messages of a plain member; 0: slow mode is off */
  slow_mode_s: z.int().nonnegative().max(LIMITS.slowModeS).default(0),
  discoverable: z.boolean().nullable().default(null),
  max_members: z.int().positive().nullable().default(null),
  metadata: Metadata.default({}),
  custom_fields: CustomFields.default({}),
  dissolved_at: PastTime.nullable().default(null),
  /** days after which its messages expire; 0: never; null: as the deployment says */
  retention_days: z.int().nonnegative().max(LIMITS.retentionDays).nullable().default(null),
  /** its messages do not expire */
  legal_hold: z.boolean().default(false),
  /** the space of which it is a channel; null: none */
  space: Ref.nullable().default(null),
  /** of a channel: the category of its space; null: none */
  category: Ref.nullable().default(null),
  /** of a channel: its place; lower is before. Absent: behind those that are there */
  position: z.int().nonnegative().max(MAX_POSITION).optional(),
  /** of a channel: who comes into the space follows it */
  default: z.boolean().default(false),
  /**
   * of a channel: what it changes of the rights that the space gives. A private one denies `read` to
   * `everyone`, an announcement channel `write`.
   */
  overrides: z.array(OverrideRecord).max(LIMITS.overrides).default([]),
  /** of a channel: users who may not read it. Who of them reads it, where it is known, does so no more */
  outside: z.array(Ref).optional(),
  /** in the export of one's own account: the marks of the user, one bit each; absent: none */
  marks: z.int().positive().optional(),
  /** in the export of one's own account: the user's groups of conversations that it is in; absent: none */
  groups: z.array(z.string()).optional(),
});
export type ConversationFields = z.infer<typeof ConversationFields>;

export const MemberRecord = z.object({
  conversation: Ref,
  user: Ref,
  role: Role.default("member"),
  joined_at: PastTime.optional(),
  state: z.enum(["active", "left"]).default("active"),
  /** the last message before the part of the history that they see; null: they see all */
  sees_after: Ref.nullable().default(null),
  /** where older messages have expired: the first one that is left of those that they see */
  sees_from: Ref.optional(),
  /** of a member who left: the last message that they see; null: they see none */
  sees_until: Ref.nullable().default(null),
  /** absent, as the two fields that follow: as it is here; of a new member 0, "" and {} */
  muted_until: timeUpTo(LIMITS.muteSeconds * 1_000).optional(),
  name_card: z.string().optional(),
  custom_fields: CustomFields.optional(),
});
export type MemberRecord = z.infer<typeof MemberRecord>;

/** A file, as the body of a send has it: `file` may stand in place of `url`. */
const MEDIA = {
  ...contentOf("image").shape.body.shape,
  /** the external id of a file with a record before */
  file: Ref.optional(),
  url: contentOf("image").shape.body.shape.url.optional(),
};
const Media = z.object(MEDIA);
const Audio = z.object({ ...contentOf("audio").shape.body.shape, ...MEDIA });

/** The schema of a kind of message that a user can send. */
function contentOf<Name extends Content["kind"]>(kind: Name) {
  const found = AnyContent.options.find(
    (option): option is Extract<typeof option, { shape: { kind: { value: Name } } }> =>
      option.shape.kind.value === kind,
  );
  if (!found) throw new Error(`there is no kind ${kind}`);
  return found;
}

/** A body that is the same in the format and in the core. */
function plain<Name extends "text" | "location" | "face" | "custom">(kind: Name) {
  const found = AnyContent.options.find((option) => option.shape.kind.value === kind);
  if (!found) throw new Error(`there is no kind ${kind}`);
  return z.object({ kind: z.literal(kind), body: found.shape.body });
}

/** A message inside a merged one. `conversation` and `seq` say where it was. */
const MergedItem = z.object({
  conversation: Ref,
  seq: Seq,
  /** null: an incoming hook, with the name and the avatar that it showed */
  sender: Ref.nullable(),
  sender_name: z.string().optional(),
  sender_avatar: Avatar.optional(),
  created_at: PastTime,
  kind: z.string(),
  /** as that of a message; a merged one holds further items */
  body: Json,
});

/** What a group's event changed, beside the event itself. */
const EventDetails = z.object({
  group_name: z.string(),
  member_count: z.int().nonnegative(),
  role: z.enum(["admin", "member"]).optional(),
  muted_for_s: z.int().nonnegative().max(LIMITS.muteSeconds).optional(),
  profile: z
    .partialRecord(z.enum(PROFILE_FIELDS), z.unknown())
    .refine(({ avatar }) => avatar === undefined || Avatar.safeParse(avatar).success, {
      path: ["avatar"],
      error: 'must be an http(s) URL or ""',
    })
    .optional(),
});

/** An event of a group. */
const ExportedEvent = z.object({
  event: z.string(),
  actor: Ref,
  users: z.array(Ref),
  /** of `pinned` */
  message: Ref.optional(),
  details: EventDetails.optional(),
});
export type ExportedEvent = z.infer<typeof ExportedEvent>;

/** A poll ends as far ahead as a send may say. */
const Poll = PollBody.extend({ ends_at: timeUpTo(LIMITS.pollMs) });

/** A notice by nobody, or an event of a group. */
const SystemBody = z.union([
  z.object({ text: z.string(), event: z.string().optional(), data: Json.optional() }),
  ExportedEvent,
]);

/** The content of a message: `kind` selects the body. */
export const ExportedContent = z.discriminatedUnion("kind", [
  plain("text"),
  z.object({ kind: z.literal("image"), body: Media }),
  z.object({ kind: z.literal("audio"), body: Audio }),
  z.object({ kind: z.literal("video"), body: Media }),
  z.object({ kind: z.literal("file"), body: Media }),
  plain("location"),
  plain("face"),
  plain("custom"),
  z.object({ kind: z.literal("merged"), body: z.object({ title: z.string(), items: z.array(MergedItem) }) }),
  z.object({ kind: z.literal("poll"), body: Poll }),
  z.object({ kind: z.literal("system"), body: SystemBody }),
]);
export type ExportedContent = z.infer<typeof ExportedContent>;

const VoteOption = z
  .int()
  .nonnegative()
  .max(LIMITS.pollOptions - 1);

const Mentions = z.union([z.literal("all"), z.array(Ref)]);

/** The fields of a message besides kind and body. */
const MESSAGE = {
  conversation: Ref,
  /** unique in its conversation */
  external_id: Ref,
  /** null: nobody, of a notice, and of a message that an incoming hook has brought */
  sender: Ref.nullable(),
  /** of a message by nobody: the incoming hook that has brought it, and the name that it is shown under */
  hook: HookOrigin.extend({ avatar: Avatar }).optional(),
  created_at: PastTime,
  /** the message that it quotes */
  reply_to: Ref.optional(),
  thread: z.object({ root: Ref, also_in_main: z.boolean().default(false) }).optional(),
  mentions: Mentions.optional(),
  /** with mentions of everybody: the users who are named besides */
  also_mentions: z.array(Ref).optional(),
  /** the first message of a chain of forwards */
  forwarded: z
    .object({ conversation: Ref, seq: Seq, sender: Ref.nullable(), created_at: PastTime })
    .optional(),
  edited_at: PastTime.optional(),
  /** the former versions, the first one first */
  edits: z
    .array(
      z.object({
        version: Version,
        created_at: PastTime,
        body: Json,
        mentions: Mentions.optional(),
      }),
    )
    .optional(),
  /** 1, and one more with each edit */
  version: Version.optional(),
  /** in the order in which they were put */
  reactions: z.array(z.object({ key: z.string(), user: Ref, at: PastTime })).optional(),
  /** of a poll, in the order in which they were put */
  votes: z.array(z.object({ option: VoteOption, user: Ref, at: PastTime })).optional(),
  /** of a poll that was closed */
  closed_at: PastTime.optional(),
  pinned: z.object({ at: PastTime, by: Ref }).optional(),
  /** it was revoked, and has no content; `by` null: nobody knows by whom */
  revoked: z.object({ by: Ref.nullable() }).optional(),
  /** users who have hidden it from themselves */
  hidden_by: z.array(Ref).optional(),
  /** it counts as unread for nobody */
  silent: z.literal(true).optional(),
  client_time: Time.optional(),
  priority: Priority.optional(),
  custom_data: z.string().optional(),
  metadata: Metadata.optional(),
  /** below a message of a bot, row by row */
  buttons: Buttons.optional(),
  /** the place that it names, as its sender wrote it */
  place: z.string().optional(),
};

/** A message. Kind and body are those of `ExportedContent`; a revoked one has an empty body. */
export const MessageRecord = z.object({ ...MESSAGE, kind: z.string(), body: Json });
export type MessageRecord = z.infer<typeof MessageRecord>;

/** How far a user has read. */
export const ReadRecord = z.object({
  conversation: Ref,
  user: Ref,
  /** the newest message that they have read; null: none */
  message: Ref.nullable(),
  at: PastTime.default(0),
});
export type ReadRecord = z.infer<typeof ReadRecord>;

/** A file that messages and avatars show. Its bytes come apart from it. */
export const FileRecord = z.object({
  external_id: Ref,
  /** 64 hexadecimal digits. The server leaves a file without it out; the import script finds it by `url` */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  size: z.int().nonnegative().optional(),
  name: z.string().default("file"),
  content_type: z.string().default("application/octet-stream"),
  uploader: Ref,
  created_at: PastTime.optional(),
  /** where its bytes can be had */
  url: z.string().optional(),
});
export type FileRecord = z.infer<typeof FileRecord>;

/** The last record of a part. */
const EndRecord = z.object({
  cursor: z.string(),
  /** true: the next part begins at `cursor`; false: `since` takes it later */
  more: z.boolean(),
});

/** A line of an export or an import. */
export const ExportRecord = z.discriminatedUnion("type", [
  z.object({ type: z.literal("version"), version: VersionRecord }),
  z.object({ type: z.literal("user"), user: UserRecord }),
  z.object({ type: z.literal("file"), file: FileRecord }),
  z.object({ type: z.literal("space"), space: SpaceRecord }),
  z.object({ type: z.literal("role"), role: RoleRecord }),
  z.object({ type: z.literal("category"), category: CategoryRecord }),
  z.object({ type: z.literal("space_member"), space_member: SpaceMemberRecord }),
  z.object({ type: z.literal("conversation"), conversation: ConversationFields }),
  z.object({ type: z.literal("message"), message: MessageRecord }),
  z.object({ type: z.literal("member"), member: MemberRecord }),
  z.object({ type: z.literal("read"), read: ReadRecord }),
  z.object({ type: z.literal("end"), end: EndRecord }),
]);
export type ExportRecord = z.infer<typeof ExportRecord>;
/** A record as a file may have it: fields with a default may be absent. */
export type ExportRecordInput = z.input<typeof ExportRecord>;
