import type { z } from "zod";
import type { SearchCriteria } from "../../../../core/messages/search-criteria.ts";
import type { Kind } from "../../../../domain/messages/content.ts";
import type { WideSearchQuery } from "../../schemas/messages/messages.ts";
import type { MessageKind } from "../../schemas/messages/polls.ts";

/** The parameters of a search as its criteria; those of its page stay as they are. */
export function criteriaOf<Page extends object>(
  query: Page & Omit<z.infer<typeof WideSearchQuery>, "before" | "limit">,
) {
  const { q, match, sender_id: senderId, kind, since, until, ...page } = query;
  const criteria: SearchCriteria = {
    ...{ text: q, matchesWords: match === "words", senderId, since, until },
    ...(kind !== undefined && storedKind(kind)),
  };
  return { ...page, ...criteria };
}

/** A poll is stored as a text, and a notice of a backend as a system message. */
function storedKind(kind: MessageKind): { kind: Kind; isPoll: boolean } {
  if (kind === "poll") return { kind: "text", isPoll: true };
  return { kind: kind === "system" ? "tip" : kind, isPoll: false };
}
