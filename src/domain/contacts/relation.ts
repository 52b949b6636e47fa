/** The relation of a user to another. */
export interface Relation {
  friends: boolean;
  /** the user blocks the other */
  blocking: boolean;
  /** the other blocks the user */
  blocked: boolean;
}
