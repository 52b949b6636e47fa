import { signal } from "@preact/signals";
import type { Chat, ServerFrame } from "parley-client";

/** A text that grows is shown for so long behind its last frame, in ms: its bot may have stopped. */
const GROWS = 30_000;
/** So many messages for the user alone are shown of a conversation: the newest ones. */
const KEPT = 20;

/** A text that a bot is writing. */
export type Growing = Extract<ServerFrame, { type: "draft_text" }>;
/** A message that a bot shows the user alone, and nothing stores. */
export type Passing = Extract<ServerFrame, { type: "passing" }>;

/** What bots say that is in no timeline. */
export const growing = signal<readonly Growing[]>([]);
export const passing = signal<readonly Passing[]>([]);

/** Takes what bots say that is in no timeline. @returns ends it, and forgets all of it */
export function followLive(chat: Chat): () => void {
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  const drop = (is: (one: Growing) => boolean) => {
    growing.value = growing.value.filter((one) => !is(one));
  };
  const grow = (frame: Growing) => {
    const place = placeOf(frame);
    const others = growing.value.filter((one) => placeOf(one) !== place);
    growing.value = frame.text ? [...others, frame] : others;
    clearTimeout(timers.get(place));
    timers.set(
      place,
      setTimeout(() => drop((one) => placeOf(one) === place), GROWS),
    );
  };
  // The message that it has become stands in the timeline.
  const said = (id: number, sender: number) =>
    drop((one) => one.conversation_id === id && one.user_id === sender);
  const end = chat.onFrame((frame) => {
    if (frame.type === "draft_text") grow(frame);
    else if (frame.type === "message") said(frame.message.conversation_id, frame.message.sender.id);
    else if (frame.type === "messages")
      for (const { conversation_id: id, sender } of frame.items) said(id, sender.id);
    else if (frame.type === "passing") {
      const { conversation_id: id } = frame;
      const here = [...passing.value.filter((one) => one.conversation_id === id), frame].slice(-KEPT);
      passing.value = [...passing.value.filter((one) => one.conversation_id !== id), ...here];
    }
  });
  return () => {
    end();
    for (const timer of timers.values()) clearTimeout(timer);
    growing.value = [];
    passing.value = [];
  };
}

/** Closes a message for the user alone. */
export function closePassing(id: string): void {
  passing.value = passing.value.filter((one) => one.id !== id);
}

function placeOf({ conversation_id: id, user_id: user, stream }: Growing): string {
  return `${id} ${user} ${stream}`;
}
