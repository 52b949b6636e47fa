/** The classes of objects that may grow large. */
export const LARGE_OBJECT_KINDS = ["conversation", "inbox"] as const;
export type LargeObjectKind = (typeof LARGE_OBJECT_KINDS)[number];

/** An object that has reported a large size. */
export interface LargeObject {
  kind: LargeObjectKind;
  /** of the conversation, or of the user whose inbox it is */
  id: number;
  bytes: number;
  /** ms since 1970 */
  reportedAt: number;
}
