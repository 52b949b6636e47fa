import type { ActivityPage, ActivityPlace } from "../../../domain/conversations/conversation-list.ts";
import type { ConversationId, SpaceId, UserId } from "../../../domain/ids.ts";
import type { Core } from "../../context.ts";
import type { Progress } from "../../messages/across/progress.ts";
import {
  searchWithin,
  startAt,
  type WideSearchPage,
  type WideSearchRequest,
} from "../../messages/across/search.ts";
import { getLayout } from "../channels.ts";
import { getSpace } from "../spaces.ts";

/**
 * Searches the channels of a space that the caller can read, also those that they do not follow, as
 * `searchAll` does. Nobody knows which channel has the newest message: all are asked before the first message
 * is given, `wideSearch.calls` of them in a page.
 * @throws `not_found` for a space that the caller is not in, `validation_failed` for another search's cursor
 */
export async function searchSpace(
  core: Core,
  caller: UserId,
  id: SpaceId,
  request: WideSearchRequest,
): Promise<WideSearchPage> {
  const { channels } = await getLayout(core, caller, await getSpace(core, caller, id));
  const ids = channels.map((channel) => channel.id).sort((a, b) => a - b);
  const now = Date.now();
  // The clock of a channel may be ahead.
  const until = request.until ?? now + core.timing.spaces.skewMs;
  const page = await searchWithin(core, caller, request, {
    owner: ["space", id],
    start: { ...startAt(until), asked: { by: "id", upTo: 0 } },
    looks: true,
    list: async (progress, limit) => channelsBehind(ids, progress, limit),
  });
  return { ...page, searchedTo: page.searchedTo && Math.min(page.searchedTo, now) };
}

/** The channels that follow in a walk by id, as a list has conversations. @param ids in their order */
function channelsBehind(
  ids: readonly ConversationId[],
  { asked, open }: Progress,
  limit: number,
): ActivityPage {
  const upTo = asked?.by === "id" ? asked.upTo : 0;
  const named = new Set(open.map(({ conversationId }) => conversationId));
  const rest = ids.flatMap((conversationId): ActivityPlace | [] =>
    conversationId > upTo ? { conversationId, updatedAt: 0 } : [],
  );
  return {
    ...{ changed: [], hasMoreChanged: false, asOf: 0 },
    listed: ids.filter((one) => named.has(one)),
    rest: rest.slice(0, limit),
    hasMoreRest: rest.length > limit,
  };
}
