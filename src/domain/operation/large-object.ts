import { z } from "zod";

/** The classes of objects that may grow large. */
export const LARGE_OBJECT_KINDS = ["conversation", "inbox"] as const;
export type LargeObjectKind = (typeof LARGE_OBJECT_KINDS)[number];

/** An archive of a conversation: the bodies of its messages from `first_seq` to `last_seq`. */
export const ArchiveRange = z.object({
  first_seq: z.int(),
  last_seq: z.int(),
  bytes: z.int().nonnegative(),
});
export type ArchiveRange = z.infer<typeof ArchiveRange>;

/** An object that has reported a large size. */
export interface LargeObject {
  kind: LargeObjectKind;
  /** of the conversation, or of the user whose inbox it is */
  id: number;
  bytes: number;
  archives: ArchiveRange[];
  /** ms since 1970 */
  reportedAt: number;
}
