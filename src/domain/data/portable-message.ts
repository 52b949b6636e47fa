import type { Buttons } from "../bots/buttons.ts";
import type { MemberState } from "../conversations/conversation.ts";
import type { Role } from "../conversations/group-kind.ts";
import type { HookOrigin } from "../conversations/incoming-hook.ts";
import type { CustomFields } from "../custom-fields.ts";
import type { UserId } from "../ids.ts";
import type { BodyJson, Kind } from "../messages/content.ts";
import type { Forwarded, Mentions, Priority } from "../messages/message.ts";
import type { PollBody } from "../messages/polls.ts";
import type { MetadataJson } from "../server/metadata.ts";
import type { ExternalId } from "../server/user-ref.ts";

/**
 * A message with all that hangs on it, as exports read it and imports store it. Users are ids of this
 * deployment; other messages of the conversation are named by external ids. Times are ms since 1970.
 */
export interface PortableMessage {
  externalId: ExternalId;
  senderId: UserId;
  /** of a message by nobody: the incoming hook that has brought it */
  hook: HookOrigin | null;
  kind: Kind;
  /** `{}` of a revoked one */
  body: BodyJson;
  createdAt: number;
  /** the message that it quotes; null: none */
  quoted: ExternalId | null;
  thread: { root: ExternalId; alsoInMain: boolean } | null;
  mentions: Mentions;
  alsoMentioned: UserId[] | null;
  forwarded: Forwarded | null;
  clientTime: number | null;
  priority: Priority | null;
  customData: string | null;
  metadata: MetadataJson | null;
  /** of a bot's */
  buttons: Buttons | null;
  isSilent: boolean;
  /** of an event of a group: JSON of `SystemMessageDetails` */
  details: string | null;
  /** of the event `pinned`: the message; null: none */
  subject: ExternalId | null;
  place: string | null;
  poll: PollBody | null;
  /** of a poll that was closed; 0: it was not */
  pollClosedAt: number;
  version: number;
  editedAt: number | null;
  /** the former versions, the first one first */
  edits: PortableEdit[];
  /** in the order in which they were put */
  reactions: PortableMark<string>[];
  votes: PortableMark<number>[];
  pinned: { at: number; by: UserId } | null;
  /** `by` null: nobody knows by whom */
  revoked: { by: UserId | null } | null;
  hiddenBy: UserId[];
}

export interface PortableEdit {
  version: number;
  body: BodyJson;
  mentions: Mentions;
  /** when this version was written */
  at: number;
}

/** A reaction (a key) or a vote (the index of an option) of a user. */
export interface PortableMark<Mark> {
  userId: UserId;
  mark: Mark;
  at: number;
}

/** A member, active or left. */
export interface PortableMember {
  userId: UserId;
  role: Role;
  state: MemberState;
  /** null: unknown, now */
  joinedAt: number | null;
  /** the last message before what they see; null: they see all */
  seesAfter: ExternalId | null;
  /** with `seesAfter` null, where messages have expired: the first one that is left; null: none has */
  seesFrom: ExternalId | null;
  /** of a member who left: the last message that they see; null: none */
  seesUntil: ExternalId | null;
  /** null, of this and what follows: unknown, as it is here */
  mutedUntil: number | null;
  nameCard: string | null;
  customFields: CustomFields | null;
}

/** How far a member has read. `message` null: nothing. */
export interface PortableRead {
  userId: UserId;
  message: ExternalId | null;
  at: number;
}

/** Where an export of a conversation goes on. It ends with what was there as it began: `upTo…`. */
export interface ExportPosition {
  /** changes up to this rev are told, of messages up to `seq` */
  rev: number;
  seq: number;
  /** members up to this id are told */
  member: number;
  upToRev: number;
  upToSeq: number;
}

/** A part of a conversation's export. */
export interface ExportPage {
  messages: PortableMessage[];
  members: PortableMember[];
  /** of members, which come with the last of them: a member's record has to be there first */
  reads: PortableRead[];
  /** null: the export of the conversation is complete */
  next: ExportPosition | null;
}

/** What became of a record. `note`: what of it has no place; `reason`: why it was not stored. */
export type ImportOutcome =
  | { result: "imported" | "unchanged"; note?: string | undefined }
  | { result: "left_out"; reason: string };
