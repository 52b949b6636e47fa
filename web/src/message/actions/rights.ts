import type { ConversationEntry, Message } from "parley-client";
import { editableText } from "parley-react/composer";
import { isManager } from "../../group/rights.ts";

/** What the user may do with a message. The server decides; this is what the page offers. */
export interface Rights {
  /** to answer, to react, to vote */
  readonly write: boolean;
  /** its text or its caption */
  readonly edit: boolean;
  readonly revoke: boolean;
  readonly pin: boolean;
  readonly thread: boolean;
  readonly forward: boolean;
  readonly closePoll: boolean;
}

/**
 * What the user may do with a message.
 * @param entry its conversation; undefined: the user is not in it any more
 * @param me the user
 */
export function rightsOf(message: Message, entry: ConversationEntry | undefined, me: number): Rights {
  const isThere = !message.revoked && message.kind !== "tip";
  const isOpen = entry !== undefined && !entry.disabled;
  const isOwn = message.sender.id === me;
  const leads = entry?.kind === "group" && isManager(entry.role);
  const hasThreads = entry?.kind === "direct" || entry?.threads === "on";
  const isPoll = !message.revoked && message.kind === "poll";
  return {
    write: isThere && isOpen,
    edit: isThere && isOpen && isOwn && editableText(message) !== undefined,
    revoke: isThere && isOpen && (isOwn || leads),
    pin: isThere && isOpen && (entry.kind === "direct" || leads),
    thread: isOpen && !message.thread && ((hasThreads && isThere) || message.thread_summary !== undefined),
    forward: isThere,
    closePoll:
      isPoll && isOpen && (isOwn || leads) && message.poll?.closed_at === 0 && !isOver(message.body.ends_at),
  };
}

function isOver(endsAt: number): boolean {
  return endsAt > 0 && endsAt <= Date.now();
}
