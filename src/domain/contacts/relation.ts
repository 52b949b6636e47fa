/** How somebody stands to another. */
export interface Relation {
  friends: boolean;
  /** he blocks the other */
  blocking: boolean;
  /** the other blocks him */
  blocked: boolean;
}
