import type { ConversationId, UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import type { Kind } from "../../../domain/messages/content.ts";
import type { Message } from "../../../domain/messages/message.ts";
import type { Core } from "../../context.ts";
import { askEach } from "./ask.ts";
import { readCursor, writeCursor } from "./cursor.ts";
import { mergePage } from "./merge.ts";
import { START } from "./progress.ts";

/** A search over all conversations of a user. */
export interface WideSearchRequest {
  /** 1–100 code points */
  text: string;
  senderId?: UserId | undefined;
  kind?: Kind | undefined;
  /** only polls, or only what is none */
  isPoll?: boolean | undefined;
  /** the cursor of a former page of the same search */
  before?: string | undefined;
  limit: number;
}

/** A page of a search over all conversations of a user. */
export interface WideSearchPage {
  items: Message[];
  /** null: this is the last page */
  nextBefore: string | null;
  /** every message that is newer than this time (ms) was given; null: all were */
  searchedTo: number | null;
  /** the conversations that did not answer; the following pages leave them out */
  unreachable: ConversationId[];
}

/**
 * Searches all conversations of the caller, by the rules of `searchMessages`, the newest message first: by
 * time, conversation and seq. Conversations that the caller has left are not searched. A page may have fewer
 * than `limit` items, even none, with a `nextBefore` from which to continue.
 * @throws `validation_failed` for a cursor of another search
 */
export async function searchAll(
  core: Core,
  caller: UserId,
  request: WideSearchRequest,
): Promise<WideSearchPage> {
  const { text, senderId, kind, isPoll, before, limit } = request;
  const owner = JSON.stringify([caller, text, senderId ?? null, kind ?? null, isPoll ?? null]);
  const progress = before === undefined ? START : readCursor(before, owner, "query.before");
  const { calls, parallel, kept, pageMs, callTimeoutMs } = core.timing.wideSearch;
  const until = Date.now() + pageMs;
  const list = await core.inboxes.activity(caller, {
    walked: progress.asked,
    ids: progress.open.map(({ conversationId }) => conversationId),
    limit: calls + 1,
  });
  const budget = { calls, parallel, kept, until, size: LIMITS.pageBytes };
  const unreachable = new Set<ConversationId>();
  const filter = {
    text,
    ...(senderId !== undefined && { senderId }),
    ...(kind !== undefined && { kind }),
    ...(isPoll !== undefined && { isPoll }),
  };
  const { items, next } = await mergePage<Message>(progress, list, limit, budget, (questions) =>
    askEach(core, questions, unreachable, callTimeoutMs, ({ conversationId, bound, limit: most }) =>
      core.conversations.searchWithin(conversationId, { userId: caller, ...filter, ...bound, limit: most }),
    ),
  );
  return {
    items,
    nextBefore: next && writeCursor(next, owner),
    searchedTo: next?.before?.at ?? null,
    unreachable: [...unreachable],
  };
}
