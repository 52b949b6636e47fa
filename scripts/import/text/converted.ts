/** A text as messages have it here, and whom it names. */
export interface Converted {
  text: string;
  /** external ids */
  mentions: string[];
  mentionsAll: boolean;
}
