import { effect, signal } from "@preact/signals";
import type { Chat } from "parley-client";
import type { News } from "parley-client/news";
import { stored } from "../lib/stored.ts";

/** Which messages of a conversation the user is notified of. */
export const LEVELS = ["all", "mentions", "nothing"] as const;
export type Level = (typeof LEVELS)[number];

/** What a notification shows: sender and text, the sender alone, or that there is something. */
export const CONTENTS = ["full", "sender", "none"] as const;
export type Content = (typeof CONTENTS)[number];

/** The hours in which nothing is shown, as `22:00`, by the clock of a time zone. */
export interface QuietHours {
  readonly from: string;
  readonly to: string;
  readonly time_zone: string;
}

/** What the user has chosen on all devices. Conversations that are missing have the level `all`. */
interface Choices {
  readonly levels: ReadonlyMap<number, Level>;
  readonly quietHours: QuietHours | null;
}

const keptContent = stored("notify-content", (value) => CONTENTS.find((one) => one === value) ?? null);

/** What the notifications of this browser show. */
export const content = signal<Content>(keptContent.read() ?? "full");
effect(() => keptContent.write(content.value));

/** undefined: not loaded yet. Another device may have changed it since. */
export const choices = signal<Choices>();

let loads = 0;
/** The last choice that is being stored: choices go one after another. */
let calls: Promise<unknown> = Promise.resolve();

/** Loads what the user has chosen. The newest call counts. */
export async function loadChoices({ api }: Chat): Promise<void> {
  const load = ++loads;
  await calls;
  const { levels, quiet_hours: quietHours } = await api.call("get", "/v1/push");
  const entries = levels.map(({ conversation_id: id, level }) => [id, level] as const);
  if (load === loads) choices.value = { levels: new Map(entries), quietHours };
}

/** Forgets what was chosen: the next user of this browser has chosen something else. */
export function forgetChoices(): void {
  loads++;
  choices.value = undefined;
}

/** Whether the user wants to hear of news at a time (ms since 1970). */
export function isWanted(
  { state }: Chat,
  { conversationId: id, reason, seq = 0 }: News,
  now: number,
): boolean {
  const { levels, quietHours } = choices.peek() ?? {};
  const level = levels?.get(id) ?? "all";
  const isMention = reason === "mention" || state.conversation(id)?.mentions.includes(seq) === true;
  return (level === "all" || (level === "mentions" && isMention)) && !isQuiet(quietHours, now);
}

/** Chooses the level of a conversation. */
export function chooseLevel(chat: Chat, id: number, level: Level): Promise<void> {
  const { levels, quietHours = null } = choices.peek() ?? {};
  return choose(chat, { levels: new Map(levels).set(id, level), quietHours }, () =>
    chat.api.call("put", "/v1/conversations/{id}/push-level", { path: { id }, body: { level } }),
  );
}

/** Chooses the quiet hours; null: none. */
export function chooseQuietHours(chat: Chat, hours: QuietHours | null): Promise<void> {
  const { levels = new Map() } = choices.peek() ?? {};
  return choose(chat, { levels, quietHours: hours }, () =>
    hours
      ? chat.api.call("put", "/v1/me/quiet-hours", { body: hours })
      : chat.api.call("delete", "/v1/me/quiet-hours"),
  );
}

/** A choice holds at once in this page. One that the server does not take is taken back. */
async function choose(chat: Chat, chosen: Choices, call: () => Promise<unknown>): Promise<void> {
  const before = choices.peek();
  // What is being loaded does not know of it.
  loads++;
  choices.value = chosen;
  const made = calls.then(call);
  calls = made.catch(() => {});
  try {
    await made;
  } catch (error) {
    if (choices.peek() === chosen) choices.value = before;
    // Another device may have chosen something else meanwhile.
    await loadChoices(chat).catch(() => {});
    throw error;
  }
}

/** The server pushes nothing in these hours either: `from` equal to `to` is all day. */
function isQuiet(hours: QuietHours | null | undefined, now: number): boolean {
  if (!hours) return false;
  const { from, to, time_zone: timeZone } = hours;
  const clock = new Intl.DateTimeFormat("en-GB", {
    ...{ timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  });
  const time = clock.format(now);
  return from < to ? time >= from && time < to : time >= from || time < to;
}
