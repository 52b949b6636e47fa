/** The classes of objects that may grow large. */
export const OBJECT_KINDS = ["conversation", "inbox"] as const;
export type ObjectKind = (typeof OBJECT_KINDS)[number];

/** An object that has reported a large size. */
export interface LargeObject {
  kind: ObjectKind;
  /** of the conversation, or of the user whose inbox it is */
  id: number;
  bytes: number;
  /** ms since 1970 */
  reportedAt: number;
}
