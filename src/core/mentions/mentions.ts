import { z } from "zod";
import { invalid } from "../../domain/errors.ts";
import { ConversationId, Position, type UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { MentionRange } from "../../domain/messages/mention-page.ts";
import type { Message } from "../../domain/messages/message.ts";
import type { Core } from "../context.ts";
import { askEach } from "../messages/across/ask.ts";
import { readCursor, writeCursor } from "../messages/across/cursor.ts";
import { type Answer, type Mergeable, mergePage, type Question } from "../messages/across/merge.ts";
import { boundIn, type Place } from "../messages/across/place.ts";
import { type Progress, START, WHOLE_LIST } from "../messages/across/progress.ts";
import { readReferences } from "../messages/by-reference.ts";

/**
 * The conversations that had unread mentions as the list was first asked, and the positions after which
 * messages there were unread. They share all mentions out into two parts, whatever is read meanwhile.
 */
type UnreadAfter = ReadonlyMap<ConversationId, Position>;

/** How far a list of mentions has come. */
interface MentionProgress {
  /** the part of the mentions that were unread; the other ones follow */
  isUnreadPart: boolean;
  unreadAfter: UnreadAfter;
  /** within the part */
  progress: Progress;
}

/** More conversations than any cursor names. */
const MAX_NAMED = 100;

const Rows = z.array(z.tuple([ConversationId, Position])).max(MAX_NAMED);

/** Writes a progress as an opaque cursor: at most some 30 characters for each conversation that it names. */
function writeMentionCursor(caller: UserId, state: MentionProgress): string {
  const rows = [...state.unreadAfter].map((row) => row.map((number) => number.toString(36)).join("."));
  const parts = `${state.isUnreadPart ? "u" : "r"}${rows.join("_")}`;
  return `${parts}~${writeCursor(state.progress, ownerOf(caller, parts))}`;
}

/** Reads a cursor of `writeMentionCursor`. @throws `validation_failed` for any other text */
function readMentionCursor(caller: UserId, cursor: string): MentionProgress {
  const [parts = "", rest = ""] = cursor.split("~");
  const progress = readCursor(rest, ownerOf(caller, parts), "query.cursor");
  const rows = parts.slice(1) === "" ? [] : parts.slice(1).split("_").map(readRow);
  const parsed = Rows.safeParse(rows);
  if (!parsed.success) throw invalid("query.cursor", "must be a next_cursor of this list");
  return { isUnreadPart: parts.startsWith("u"), unreadAfter: new Map(parsed.data), progress };
}

function readRow(row: string): number[] {
  return row.split(".").map((digits) => parseInt(digits, 36));
}

/** What a cursor belongs to: its check covers the caller and the parts. */
function ownerOf(caller: UserId, parts: string): string {
  return JSON.stringify([caller, "mentions", parts]);
}

/** A message that names the caller, or everybody. */
interface Mention {
  message: Message;
  isUnread: boolean;
}

/** The place of a mention. */
interface FoundMention extends Mergeable {
  isUnread: boolean;
}

/** A page of mentions. `unreachable`: the conversations that did not answer, whose mentions are missing. */
export interface MentionList {
  items: Mention[];
  nextCursor: string | null;
  unreachable: ConversationId[];
}

/** What is left of the budget of a page. */
interface Budget {
  calls: number;
  until: number;
}

/**
 * A page of the messages that name the caller, or everybody, in the conversations of their list: first those
 * that were unread as the list was first asked, then the others; each part newest first. The caller's own
 * messages are left out. A page may have fewer items than `limit`, even none, and a cursor.
 *
 * The pages have each mention once that was there from the first page on, whatever is sent and read
 * meanwhile. The unread part has the `keptUnread` conversations with the newest activity: those of further
 * ones are among the others.
 * @throws `validation_failed` for a cursor of another list
 */
export async function listMentions(
  core: Core,
  caller: UserId,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<MentionList> {
  const { budgetMs, maxAsked } = core.timing.acrossConversations;
  const budget: Budget = { calls: maxAsked, until: Date.now() + budgetMs };
  const unreachable = new Set<ConversationId>();
  const items: Mention[] = [];
  let taken = 0;
  let state = cursor === undefined ? await begin(core, caller) : readMentionCursor(caller, cursor);
  const hasRoom = () => taken < limit && budget.calls > 0 && Date.now() < budget.until;
  const page = (next: MentionProgress | null): MentionList => {
    return { items, nextCursor: next && writeMentionCursor(caller, next), unreachable: [...unreachable] };
  };
  do {
    const merged = await mergePart(core, caller, state, limit - taken, budget, unreachable);
    taken += merged.taken;
    items.push(...merged.items);
    if (merged.next) return page({ ...state, progress: merged.next });
    if (!state.isUnreadPart) return page(null);
    state = { ...state, isUnreadPart: false, progress: START };
  } while (hasRoom());
  return page(state);
}

/** The unread part, before its first page. Whatever the list knows of a conversation may be late. */
async function begin(core: Core, caller: UserId): Promise<MentionProgress> {
  const limit = core.timing.acrossConversations.keptUnread;
  const sources = await core.inboxes.unreadMentions(caller, { limit });
  const open = sources.map(({ conversationId }) => ({ conversationId, ...ANYWHERE }));
  return {
    isUnreadPart: true,
    unreadAfter: new Map(sources.map(({ conversationId, readSeq }) => [conversationId, readSeq])),
    progress: { ...START, asked: WHOLE_LIST, open },
  };
}

/** The bound of a conversation that was never asked. */
const ANYWHERE = { before: Number.MAX_SAFE_INTEGER, at: Number.MAX_SAFE_INTEGER };

/** Merges the next mentions of a part, and reads their messages. */
async function mergePart(
  core: Core,
  caller: UserId,
  state: MentionProgress,
  limit: number,
  budget: Budget,
  unreachable: Set<ConversationId>,
) {
  const { isUnreadPart, progress } = state;
  const { callTimeoutMs, parallel, kept, keptUnread } = core.timing.acrossConversations;
  const list = await core.inboxes.activity(caller, {
    walked: progress.asked,
    ids: progress.open.map(({ conversationId }) => conversationId),
    limit: budget.calls + 1,
  });
  const limits = {
    ...{ calls: budget.calls, parallel, until: budget.until, size: LIMITS.pageBytes },
    kept: isUnreadPart ? keptUnread : kept,
    since: 0,
  };
  const items: Mention[] = [];
  let taken = 0;
  const { next } = await mergePage<FoundMention>(
    progress,
    list,
    limit,
    limits,
    (questions) => {
      budget.calls -= questions.length;
      return askEach(questions, unreachable, callTimeoutMs, (question) => {
        const { conversationId: id, limit: most } = question;
        const range = { ...rangeOf(id, state), ...bounds(question, progress.before) };
        return placesIn(core, id, { userId: caller, ...range, limit: most });
      });
    },
    async (found) => {
      const read = await readReferences(core, caller, found);
      taken = read.length;
      for (const [i, message] of read.entries()) {
        const mention = found[i];
        if (!mention) break;
        if (message === "unreachable") unreachable.add(mention.conversationId);
        // Revoked since it was found: it names nobody any more.
        else if (typeof message === "object" && !message.revoked)
          items.push({ message, isUnread: mention.isUnread });
      }
      return taken;
    },
  );
  return { items, taken, next };
}

/** Which messages of a conversation a page asks for: those behind the pages before. */
function bounds({ conversationId, bound }: Question, given: Place | null) {
  const { before = Infinity, until: sentBy } = boundIn(conversationId, given);
  const end = Math.min(before, bound.before ?? Infinity);
  return { ...(end < ANYWHERE.before && { before: end }), ...(sentBy !== undefined && { sentBy }) };
}

const START_OF_LOG = Position.parse(0);

/** The part of a conversation's messages that is in a part of the list. */
function rangeOf(
  id: ConversationId,
  { isUnreadPart, unreadAfter }: MentionProgress,
): Pick<MentionRange, "after" | "upTo"> {
  const readSeq = unreadAfter.get(id);
  if (isUnreadPart) return { after: readSeq ?? START_OF_LOG };
  return { after: START_OF_LOG, ...(readSeq !== undefined && { upTo: readSeq }) };
}

/** Asks a conversation for the places of mentions. */
async function placesIn(
  core: Core,
  id: ConversationId,
  range: MentionRange & { userId: UserId },
): Promise<Answer<FoundMention>> {
  const { found, lookedAt } = await core.conversations.mentionPage(id, range);
  const items = found.map(({ seq, at, isUnread }) => {
    return { conversationId: id, seq, createdAt: at, body: "", isUnread };
  });
  return { items, next: lookedAt && { before: lookedAt.seq, at: lookedAt.at } };
}
