import type { Chat, ConversationEntry, OutboxItem, WindowView } from "parley-client";
import { useChat } from "parley-client/react";
import {
  type RefObject,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from "react";
import { onAttention } from "../attended.ts";
import { type Day, daysOf } from "./days.ts";
import { type Guides, Pilot, type TimelineEvents, type TimelineWindow } from "./pilot.ts";

/** Whose timeline it is, and what its window shows. */
export interface TimelineOptions extends TimelineEvents {
  readonly chat: Chat;
  /** the conversation */
  readonly id: number;
  /** the user */
  readonly me: number;
  /** what `useConversationWindow` of `parley-client/react` has returned */
  readonly view: WindowView;
  readonly window: TimelineWindow | undefined;
  /** another value makes the days anew: the time zone of the device, if the app follows that */
  readonly zone?: string;
}

/** A timeline on screen: what its parts draw. */
export interface Timeline {
  /** leads the user: to a message, to the newest ones, to what is unread */
  readonly pilot: Pilot;
  readonly box: RefObject<HTMLDivElement | null>;
  readonly list: RefObject<HTMLOListElement | null>;
  /** the messages that have rows, by day */
  readonly days: readonly Day[];
  /** what stands behind the newest message: sent by the user, and not stored or not shown yet */
  readonly pending: readonly OutboxItem[];
  /** the newest message of the user that is loaded; 0: none is */
  readonly lastOwn: number;
  /** the conversation in the list; absent: it is not there, or not yet */
  readonly entry: ConversationEntry | undefined;
  /** whether the conversation begins with the first row */
  readonly isAtBeginning: boolean;
  /** whether there is nothing to show, as far as is known */
  readonly isEmpty: boolean;
  /** Asks again for what could not be loaded. */
  retry(): void;
}

/**
 * Keeps the place of a user in a conversation: it opens at the first unread message, stays where it is when
 * messages come and heights change, loads what comes into sight, and reads what is on screen while the user
 * looks at the page. What the user sends leads to the end.
 */
export function useTimeline(options: TimelineOptions): Timeline {
  const { chat, id, me, view, window, zone } = options;
  const entry = useChat(chat, (state) => state.conversation(id));
  const [, setRenders] = useState(0);
  const pilot = useMemo(() => new Pilot(() => setRenders((count) => count + 1)), [chat, id]);
  pilot.events = options;
  const box = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => onAttention(() => pilot.look()), [pilot]);
  useLayoutEffect(
    () => (box.current && list.current ? pilot.mount(box.current, list.current) : undefined),
    [pilot],
  );
  useAnswers(options, pilot);
  useLayoutEffect(() => {
    if (window) pilot.rendered({ window, view, entry });
  });

  const { messages, hasOlder, hasNewer } = view;
  const [start, end] = pilot.extent(view);
  const firstUnread = pilot.unread.find(messages, hasOlder, me);
  const days = useMemo(
    () => daysOf(messages, start, end, firstUnread),
    [messages, start, end, firstUnread, zone],
  );
  const lastOwn = useMemo(
    () => messages.findLast(({ sender, kind }) => sender.id === me && kind !== "tip")?.seq ?? 0,
    [messages, me],
  );
  const isComplete = end === messages.length && !hasNewer;
  return {
    ...{ pilot, box, list, days, lastOwn, entry },
    pending: isComplete ? view.pending : [],
    isAtBeginning: !hasOlder && start === 0,
    isEmpty: messages.length === 0 && view.pending.length === 0,
    retry: () => {
      if (messages.length === 0) void window?.fill();
      else if (hasNewer && end === messages.length) void window?.newer();
      else void window?.older();
    },
  };
}

/** What leads to messages that are out of sight. It renders what uses it alone, not the rows. */
export function useGuides({ pilot }: Pick<Timeline, "pilot">): Guides {
  const guides = () => pilot.guides;
  return useSyncExternalStore(pilot.subscribe, guides, guides);
}

/** What the user sends is at the end: the timeline goes there, and what was new is so no more. */
function useAnswers({ chat, id }: TimelineOptions, pilot: Pilot): void {
  const newest = useChat(chat, (state) => Math.max(0, ...state.outbox(id).map((item) => item.created_at)));
  const before = useRef(Date.now());
  useEffect(() => {
    if (newest <= before.current) return;
    before.current = newest;
    pilot.answered();
  }, [newest, pilot]);
}
