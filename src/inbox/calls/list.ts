import type { ListPreferences } from "../../domain/conversations/conversation.ts";
import type {
  ActivityPage,
  ActivityRange,
  EntryOnRecord,
  InboxEntry,
  ListRange,
  NumberedPage,
  NumberedRange,
  UnreadEntry,
  UnreadMentions,
} from "../../domain/conversations/conversation-list.ts";
import type { ConversationId } from "../../domain/ids.ts";
import type { RepairResult } from "../../domain/ports.ts";
import type { NotificationBox } from "../../domain/sync/notification.ts";
import { effect } from "../../object/calls/object-call.ts";
import { WEIGHTS } from "../../object/user-budgets.ts";
import { listRead, refresh, repeatable } from "./call.ts";

const { page, unweighed } = WEIGHTS;

/** The calls that concern the user's list of conversations. */
export const LIST = {
  /** A page of the user's list, pinned conversations first, then by newest activity. */
  list: listRead(({ list, composerDrafts, catchUp }, input: ListRange): InboxEntry[] => {
    const entries = list
      .page(input)
      .map((entry) => (catchUp.isStale(entry.conversationId) ? { ...entry, isStale: true as const } : entry));
    if (!input.withDrafts) return entries;
    const drafts = composerDrafts.of(entries.map(({ conversationId }) => conversationId));
    return entries.map((entry) => {
      const draft = drafts.get(entry.conversationId);
      return draft ? { ...entry, draft } : entry;
    });
  }),

  /**
   * What follows in a walk through the list by activity. The conversations that may have changed are asked
   * first. @see ConversationList.activity
   */
  activity: repeatable(page, async (components, input: ActivityRange): Promise<ActivityPage> => {
    if (input.walked?.by !== "id") await refresh(components);
    return components.list.activity(input);
  }),

  /** A page of the list, and the notification box. @see list */
  overview: listRead(
    ({ list, notifications }, input: ListRange): { entries: InboxEntry[]; box: NotificationBox } => ({
      entries: list.page(input),
      box: notifications.box(),
    }),
  ),

  /** All conversations of the user, also left ones. @see ConversationList.onRecord */
  listOnRecord: listRead(({ list }): EntryOnRecord[] => list.onRecord()),

  /** The list entries of these conversations. @see ConversationList.entries */
  entries: repeatable(
    unweighed,
    async (
      components,
      { ids, includeHidden }: { ids: ConversationId[]; includeHidden?: boolean },
    ): Promise<InboxEntry[]> => {
      if (includeHidden) await refresh(components);
      return components.list.entries(ids, includeHidden);
    },
  ),

  /** A range of the list, optionally of one kind, by newest activity, and the total. */
  numbered: listRead(({ list }, input: NumberedRange): NumberedPage => list.numbered(input)),

  /** The conversations of the list with unread messages or mentions. @see ConversationList.unread */
  unread: listRead(({ list }): UnreadEntry[] => list.unread()),

  /** The conversations of the list with unread mentions. @see ConversationList.unreadMentions */
  unreadMentions: listRead(({ list }, { limit }: { limit: number }): UnreadMentions[] =>
    list.unreadMentions(limit),
  ),

  /** The conversations of the list with unread replies in threads. @see ConversationList.unreadThreads */
  unreadThreads: listRead(({ list }, { limit }: { limit: number }): ConversationId[] =>
    list.unreadThreads(limit),
  ),

  /**
   * Copies from D1 the preferences by which pages of the list are cut. Idempotent. It follows a write to D1,
   * and is not refused.
   */
  setPreferences: effect(
    repeatable(
      unweighed,
      (
        { list },
        { conversationId, pinned, ...archive }: { conversationId: ConversationId } & ListPreferences,
      ) => {
        list.setPinned(conversationId, pinned);
        list.setArchive(conversationId, archive);
      },
    ),
  ),

  /**
   * Rebuilds the user's list from their conversations, and has the registrations of room sockets checked.
   * Idempotent. It has a limit of its own.
   * @see ListRepair.run
   */
  repair: repeatable(unweighed, ({ repair, callBudget }): Promise<RepairResult> => repair.run(callBudget())),
};
