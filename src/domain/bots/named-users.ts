import { NOBODY, type UserId } from "../ids.ts";
import { readTip } from "../messages/content.ts";
import type { Message } from "../messages/message.ts";

/** The users whom a message names by their number: quoted, forwarded, mentioned, or meant by an event. */
export function namedIn({ kind, body, quote, forwarded, mentions, revoked }: Message): UserId[] {
  if (revoked) return [];
  const named = [quote?.senderId, forwarded?.senderId, ...(mentions === "all" ? [] : mentions)];
  if (kind === "tip") {
    const tip = readTip(body);
    if (!("notice" in tip)) named.push(...tip.user_ids);
  }
  return named.filter((id) => id !== undefined).filter((id) => id !== NOBODY);
}
