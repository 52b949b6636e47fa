import type { Chat } from "../chat.ts";
import { newId } from "../new-id.ts";
import type { Draft } from "../types.ts";
import { type DraftContent, type Field, isEmpty, type KeptFields } from "./storage.ts";

/** What was written on this device, beside what the server has. */
export class Fields {
  readonly #chat: Chat;
  #kept: KeptFields | undefined;
  /** a field has changed */
  readonly #changed: (field: Field) => void;
  /** by conversation; of one the field that was written last comes first */
  readonly all = new Map<number, readonly Field[]>();

  constructor(chat: Chat, kept: KeptFields | undefined, changed: (field: Field) => void) {
    this.#chat = chat;
    this.#kept = kept;
    this.#changed = changed;
    for (const field of kept?.all() ?? []) this.put(field);
  }

  /** The fields of a conversation, the one that was written last first. */
  of(id: number): readonly Field[] {
    return this.all.get(id) ?? [];
  }

  /** The field of a thread, by its root, or of the conversation itself (0). */
  one(id: number, root: number): Field | undefined {
    return this.of(id).find((one) => one.root === root);
  }

  /** Puts a field in the place of the one that was there. */
  put(field: Field): void {
    const others = this.of(field.id).filter(({ root }) => root !== field.root);
    this.all.set(
      field.id,
      [...others, field].sort((a, b) => b.at - a.at),
    );
  }

  /** A field has changed: keeps it. */
  keep(field: Field): void {
    this.put(field);
    this.#kept?.put(field);
    this.#changed(field);
  }

  /** Nothing is written in a field any more: it was sent or emptied, or went on elsewhere. */
  empty(field: Field): void {
    // Newer than the text, so that no other tab brings it back.
    const at = field.at + 1;
    this.keep(Object.assign(field, { content: { text: "" }, clientMsgId: newId(), isSaved: true, at }));
  }

  /** Forgets everything, and keeps nothing from now on: an answer may still be under way. */
  clear(): void {
    this.all.clear();
    this.#kept?.clear();
    this.#kept = undefined;
  }

  /** What is written in a field, or in the one of a conversation that was written last. */
  written(id: number, root?: number): Field | undefined {
    return this.of(id).find(
      (one) => one.root === (root ?? one.root) && !isEmpty(one.content) && !this.isReplaced(one),
    );
  }

  /** The field to write in. It goes on from what it shows. */
  begin(id: number, root: number): Field {
    const written = this.written(id, root);
    if (written) return written;
    const nothing = { clientMsgId: newId(), content: { text: "" }, isSaved: true };
    const field: Field = this.one(id, root) ?? {
      ...{ id, root, at: 0, seen: 0, over: 0, last: "", sent: [] },
      ...nothing,
    };
    const shown = this.shown(id, root);
    if (shown) {
      const { text, reply_to, thread, updated_at } = shown;
      const content = { text, ...(reply_to && { reply_to }), ...(thread && { thread }) };
      Object.assign(field, nothing, { content, seen: updated_at });
    }
    this.put(field);
    return field;
  }

  /** The draft of a conversation that the server has. */
  slot(id: number): Draft | undefined {
    return this.#chat.state.conversation(id)?.draft;
  }

  /** The draft that the server has of a field, or of any, unless it is over. */
  shown(id: number, root?: number): Draft | undefined {
    const slot = this.slot(id);
    return slot && rootOf(slot) === (root ?? rootOf(slot)) && !this.isOver(id, slot) ? slot : undefined;
  }

  /** Whether another draft, or none, is there instead of what the server had of a field. */
  isReplaced({ id, root, isSaved, clientMsgId, content }: Field): boolean {
    const { state } = this.#chat;
    const slot = this.slot(id);
    const isAnother = !slot || (rootOf(slot) === root && slot.client_msg_id !== clientMsgId);
    return isAnother && isSaved && !isEmpty(content) && state.isListed && !!state.conversation(id);
  }

  /** Whether a draft of the server was sent or emptied here. */
  isOver(id: number, slot: Draft): boolean {
    const { client_msg_id: draftId, updated_at } = slot;
    return (
      this.isQueued(id, draftId) ||
      this.of(id).some(
        ({ root, over, last, sent, clientMsgId, content }) =>
          root === rootOf(slot) &&
          (updated_at <= over ||
            draftId === last ||
            (draftId === clientMsgId && isEmpty(content)) ||
            sent.some((one) => one.id === draftId)),
      )
    );
  }

  /** Whether the outbox has a message. */
  isQueued(id: number, clientMsgId: string | undefined): boolean {
    return this.#chat.state.outbox(id).some((item) => item.client_msg_id === clientMsgId);
  }
}

/** The thread that a draft is in; 0: none. */
export function rootOf({ thread }: Pick<DraftContent, "thread">): number {
  return thread?.root ?? 0;
}
