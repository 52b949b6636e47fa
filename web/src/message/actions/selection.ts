import { signal } from "@preact/signals";
import type { Message } from "parley-client";

/** The messages that the user has chosen, of one conversation. */
export interface Selection {
  /** the conversation */
  readonly id: number;
  /** each as it was chosen, by its `seq` */
  readonly messages: ReadonlyMap<number, Message>;
}

/** What the user has chosen; null: they choose nothing. */
export const selection = signal<Selection | null>(null);

/** Begins to choose with a message. */
export function select(message: Message): void {
  selection.value = { id: message.conversation_id, messages: new Map([[message.seq, message]]) };
}

/** Adds a message to the chosen ones, or takes it away. */
export function toggle(message: Message): void {
  const { value: now } = selection;
  if (!now) return;
  const messages = new Map(now.messages);
  if (!messages.delete(message.seq)) messages.set(message.seq, message);
  selection.value = { ...now, messages };
}
