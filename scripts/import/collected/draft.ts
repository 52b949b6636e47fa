import type { ExportRecordInput } from "../../../src/domain/data/records.ts";
import type { PollBody } from "../../../src/domain/messages/polls.ts";
import type { Metadata } from "../../../src/domain/server/metadata.ts";

export type FileInput = Extract<ExportRecordInput, { type: "file" }>["file"];

/** A file of the origin, before its bytes are there. */
export interface FileDraft {
  /** the external id */
  id: string;
  name: string;
  contentType?: string | undefined;
  /** bytes, as the origin says */
  size?: number | undefined;
  width?: number | undefined;
  height?: number | undefined;
  durationMs?: number | undefined;
  /** where the bytes may be in the export, the likeliest path first */
  paths?: readonly string[] | undefined;
  /** where they can be downloaded */
  url?: string | undefined;
  /**
   * everybody may see them there for good: where they are not downloaded, the message shows them from there
   */
  isPublic?: boolean;
  /** why they cannot be had */
  missing?: string | undefined;
}

/** The record of a file, the reason why it is missing, or the URL from which the message shows it. */
export type TakenFile = FileInput | { missing: string } | { link: string };

/** A poll of the origin. */
export interface PollDraft {
  body: PollBody;
  votes: { option: number; user: string; at: number }[];
  closedAt?: number | undefined;
}

/**
 * A message of an origin, in the terms of this product, before it is cut to its limits. Users are named by
 * the external ids that the collection gave them.
 */
export interface MessageDraft {
  /** the external id, unique in its conversation */
  id: string;
  /** null: a notice by nobody */
  sender: string | null;
  /** milliseconds since 1970 */
  time: number;
  /** in the Markdown of messages */
  text: string;
  files?: FileDraft[];
  poll?: PollDraft | undefined;
  /** users who are named */
  mentions?: string[];
  /** everybody is named */
  mentionsAll?: boolean;
  replyTo?: string | undefined;
  thread?: { root: string; alsoInMain: boolean } | undefined;
  editedAt?: number | undefined;
  /** in their order; without a time: that of the message */
  reactions?: { key: string; user: string; at?: number }[];
  pinned?: { at: number; by: string } | undefined;
  /** it was deleted, and has no content */
  revoked?: boolean;
  silent?: boolean;
  /** users who have deleted it for themselves */
  hiddenBy?: string[];
  metadata?: Metadata | undefined;
  /** where it is in the export, for the list of what is left out */
  where: string;
}
