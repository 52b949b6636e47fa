import { z } from "zod";
import { LIMITS } from "./limits.ts";

/**
 * Ids are branded, so that two integers cannot be mixed up. `z.int()` bounds them by 2^53 − 1, the exact
 * doubles.
 */

/** A user's id: an integer from 100000 up, assigned by the users table. */
export const UserId = z.int().positive().brand<"UserId">();
export type UserId = z.infer<typeof UserId>;

/** Who sends the messages of a team's backend that no user has sent. No account has this id. */
export const NOBODY: UserId = z.literal(0).brand<"UserId">().parse(0);

/** The sender of a message: a user, or nobody. */
export const SenderId = z.int().nonnegative().brand<"UserId">();

/** A conversation's id: an integer from 1 up, assigned by the conversations table. */
export const ConversationId = z.int().positive().brand<"ConversationId">();
export type ConversationId = z.infer<typeof ConversationId>;

/** A space's id: an integer from 1 up, assigned by the spaces table. */
export const SpaceId = z.int().positive().brand<"SpaceId">();
export type SpaceId = z.infer<typeof SpaceId>;

/** A category's id: an integer from 1 up, assigned by the table of categories. */
export const CategoryId = z.int().positive().brand<"CategoryId">();
export type CategoryId = z.infer<typeof CategoryId>;

/**
 * A client space id: 1–64 UTF-16 units that a client gives the creation of a space, so that a repeated
 * creation gives the same space. Unique for its creator.
 */
export const ClientSpaceId = z.string().min(1).max(LIMITS.clientGroupId).brand<"ClientSpaceId">();
export type ClientSpaceId = z.infer<typeof ClientSpaceId>;

/** A second, random id of a conversation: 32 hexadecimal digits. The numeric id cannot be derived from it. */
export const ConversationCode = z
  .string()
  .regex(/^[0-9a-f]{32}$/, "must be 32 hexadecimal digits, lower-case")
  .brand<"ConversationCode">();
export type ConversationCode = z.infer<typeof ConversationCode>;

/**
 * A group's id that its creator chose: 1–48 printable ASCII characters. It is never a number, as groups
 * without a handle are addressed by number. The prefix `@TGS#` is refused: servers of the same API generate
 * ids with it.
 */
export const Handle = z
  .string()
  .regex(/^[\x20-\x7e]{1,48}$/, "must be 1 to 48 printable ASCII characters")
  .regex(/\D/, "must not be a number: that is a group without an id of its own")
  .refine((text) => !text.startsWith("@TGS#"), "must not begin with @TGS#")
  .brand<"Handle">();
export type Handle = z.infer<typeof Handle>;

/**
 * A client group id: 1–64 UTF-16 units that a client gives the creation of a group, so that a repeated
 * creation gives the same group. Unique for its creator.
 */
export const ClientGroupId = z.string().min(1).max(LIMITS.clientGroupId).brand<"ClientGroupId">();
export type ClientGroupId = z.infer<typeof ClientGroupId>;

/**
 * A client upload id: 1–64 UTF-16 units that a client gives an upload in parts, so that a repeated start
 * gives the same upload. Unique for its user.
 */
export const ClientUploadId = z.string().min(1).max(LIMITS.clientUploadId).brand<"ClientUploadId">();
export type ClientUploadId = z.infer<typeof ClientUploadId>;

/**
 * The id of an incoming hook: the number of its group in base 36, by which its object is found, and 64 random
 * bits.
 */
export const IncomingHookId = z
  .string()
  .regex(/^[1-9a-z][0-9a-z]{0,10}-[0-9a-f]{16}$/)
  .brand<"IncomingHookId">();
export type IncomingHookId = z.infer<typeof IncomingHookId>;

/** A message's number in its conversation: 1, 2, 3 … without gaps. */
export const Seq = z.int().positive().brand<"Seq">();
export type Seq = z.infer<typeof Seq>;

/** A position in the message log: 0 before the first message, else the seq of the last message before it. */
export const Position = z.int().nonnegative().brand<"Position">();
export type Position = z.infer<typeof Position>;

/** A session's id: 32 hexadecimal digits, random. */
export const SessionId = z
  .string()
  .regex(/^[0-9a-f]{32}$/)
  .brand<"SessionId">();
export type SessionId = z.infer<typeof SessionId>;

/** A file's key: 32 hexadecimal digits, random. The key is the permission to read the file. */
export const FileKey = z
  .string()
  .regex(/^[0-9a-f]{32}$/)
  .brand<"FileKey">();
export type FileKey = z.infer<typeof FileKey>;
