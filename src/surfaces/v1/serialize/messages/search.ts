import type { z } from "zod";
import type { SearchCriteria } from "../../../../core/messages/search-criteria.ts";
import type { WideSearchQuery } from "../../schemas/messages/messages.ts";

/** The parameters of a search as its criteria; those of its page stay as they are. */
export function criteriaOf<Page extends object>(
  query: Page & Omit<z.infer<typeof WideSearchQuery>, "before" | "limit">,
) {
  const { q, match, sender_id: senderId, kind, since, until, ...page } = query;
  const criteria: SearchCriteria = {
    ...{ text: q, matchesWords: match === "words", senderId, since, until },
    // A poll is stored as a text.
    ...(kind !== undefined && (kind === "poll" ? { kind: "text", isPoll: true } : { kind, isPoll: false })),
  };
  return { ...page, ...criteria };
}
