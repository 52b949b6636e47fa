import type { UserId } from "../../domain/ids.ts";
import type { Kind } from "../../domain/messages/content.ts";

/** What a search looks for. */
export interface SearchCriteria {
  /** 1–100 code points */
  text: string;
  /** each word of the text anywhere in a message, instead of the text as a whole */
  matchesWords?: boolean | undefined;
  senderId?: UserId | undefined;
  kind?: Kind | undefined;
  /** only polls, or only what is none */
  isPoll?: boolean | undefined;
  /** only messages from this time on (ms) */
  since?: number | undefined;
  /** only messages up to this time (ms) */
  until?: number | undefined;
}
