import type { ConversationId } from "../ids.ts";

/** A channel as the list of its space shows it. */
export interface StoredChannel {
  id: ConversationId;
  name: string;
  /** what it is about */
  topic: string;
  /** ms since 1970 */
  createdAt: number;
  /** the user who asks follows it */
  isFollowed: boolean;
}
