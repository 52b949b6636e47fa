import { z } from "zod";

/**
 * Identities are branded, so that two integers are never swapped.
 * Numbers stay within 2^53 − 1: `z.int()` refuses what a double cannot hold.
 */

/** A user: an integer from 100000 up, given by the users table. */
export const UserId = z.int().positive().brand<"UserId">();
export type UserId = z.infer<typeof UserId>;

/** A conversation: an integer from 1 up, given by the conversations table. */
export const ConversationId = z.int().positive().brand<"ConversationId">();
export type ConversationId = z.infer<typeof ConversationId>;

/** A conversation's other name: 32 hexadecimal digits, random. It tells nothing of the id. */
export const ConversationCode = z
  .string()
  .regex(/^[0-9a-f]{32}$/, "must be 32 hexadecimal digits, lower-case")
  .brand<"ConversationCode">();
export type ConversationCode = z.infer<typeof ConversationCode>;

/**
 * A group's given id: printable ASCII. It is never a number, which is what the others go by, and does not begin as ids
 * do that servers of the same kind make themselves.
 */
export const Handle = z
  .string()
  .regex(/^[\x20-\x7e]{1,48}$/, "must be 1 to 48 printable ASCII characters")
  .regex(/\D/, "must not be a number: that is a group without an id of its own")
  .refine((text) => !text.startsWith("@TGS#"), "must not begin with @TGS#")
  .brand<"Handle">();
export type Handle = z.infer<typeof Handle>;

/** A message's place in its conversation: 1, 2, 3 … without gaps. */
export const Seq = z.int().positive().brand<"Seq">();
export type Seq = z.infer<typeof Seq>;

/** A place between messages: 0 before the first, else the seq which it stands behind. */
export const Position = z.int().nonnegative().brand<"Position">();
export type Position = z.infer<typeof Position>;

/** A session: 32 hexadecimal digits, random. */
export const SessionId = z
  .string()
  .regex(/^[0-9a-f]{32}$/)
  .brand<"SessionId">();
export type SessionId = z.infer<typeof SessionId>;

/** A file: 32 hexadecimal digits, random. Who knows it may read the file. */
export const FileKey = z
  .string()
  .regex(/^[0-9a-f]{32}$/)
  .brand<"FileKey">();
export type FileKey = z.infer<typeof FileKey>;
