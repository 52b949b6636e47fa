import type { Chat } from "../chat.ts";
import type { Draft, NewMessage } from "../types.ts";

/** What the user is writing: `text`, the message that it answers, and the thread that it is in. */
export type DraftContent = Pick<Draft, "text" | "reply_to" | "thread">;

interface Written {
  readonly id: number;
  /** the id under which it is sent */
  readonly client_msg_id: string;
  content: DraftContent;
  timer: ReturnType<typeof setTimeout> | undefined;
  /** ends when the server has what was written; undefined: it has nothing of this draft */
  saving: Promise<unknown> | undefined;
}

/** What the user is writing, shared with their other devices. A send clears the draft there. */
export class Drafts {
  readonly #chat: Chat;
  readonly #pause: number;
  readonly #written = new Map<number, Written>();
  readonly #end: () => void;

  /** @param options `pause`: what is written within this time is saved once, in ms; 1,500 if absent */
  constructor(chat: Chat, { pause = 1_500 }: { pause?: number } = {}) {
    this.#chat = chat;
    this.#pause = pause;
    this.#end = chat.onFrame((frame) => {
      if (frame.type !== "draft" || !frame.draft) return;
      const { text, reply_to } = this.#written.get(frame.conversation_id)?.content ?? {};
      // Another device goes on. What is being written here stays.
      if (!text && !reply_to) this.#written.delete(frame.conversation_id);
    });
  }

  /** What the user has last written in a conversation, here or on another device, to begin with. */
  get(id: number): DraftContent | undefined {
    return this.#written.get(id)?.content ?? this.#chat.state.conversation(id)?.draft;
  }

  /**
   * The user has changed what they write: call it at each key. An empty `text` without `reply_to` is no
   * draft.
   */
  write(id: number, content: DraftContent): void {
    const written = this.#written.get(id) ?? this.#begin(id);
    written.content = content;
    written.timer ??= setTimeout(() => this.#save(written), this.#pause);
  }

  /**
   * Sends what the user has written, under the id of the draft, which clears it on all devices. The message
   * answers what the draft answers, in its thread, unless it says otherwise.
   * @param file uploaded first; its address becomes the `url` of the body
   * @returns its `client_msg_id`
   */
  send(id: number, message: NewMessage, file?: Blob): string {
    const { client_msg_id, timer, saving } = this.#written.get(id) ?? this.#begin(id);
    const { reply_to: quote_seq, thread } = this.get(id) ?? {};
    clearTimeout(timer);
    this.#begin(id);
    // The draft of another device was the beginning of this one.
    if (!saving && this.#chat.state.conversation(id)?.draft) this.#clear(id).catch(() => {});
    const place = { ...(quote_seq && { quote_seq }), ...(thread && { thread }) };
    return this.#chat.send(id, { client_msg_id, ...place, ...message }, file);
  }

  /** Saves at once what waits to be saved, as before the page goes. */
  async flush(): Promise<void> {
    await Promise.all(
      [...this.#written.values()].map((written) => (written.timer ? this.#save(written) : written.saving)),
    );
  }

  /** Ends the listening to frames. */
  close(): void {
    this.#end();
  }

  #begin(id: number): Written {
    const client_msg_id = Date.now() + crypto.randomUUID();
    const written = { ...{ id, client_msg_id, content: { text: "" } }, timer: undefined, saving: undefined };
    this.#written.set(id, written);
    return written;
  }

  #save(written: Written): Promise<unknown> {
    clearTimeout(written.timer);
    written.timer = undefined;
    const save = () => this.#put(written);
    // Calls under way together could arrive in another order. A draft that cannot be saved stays here.
    written.saving = Promise.resolve(written.saving)
      .then(save)
      .catch(() => {});
    return written.saving;
  }

  async #put({ id, client_msg_id, content }: Written): Promise<unknown> {
    if (!content.text && !content.reply_to) return this.#clear(id);
    const body = { ...content, client_msg_id };
    return this.#chat.api.call("put", "/v1/conversations/{id}/draft", { path: { id }, body });
  }

  #clear(id: number): Promise<unknown> {
    return this.#chat.api.call("delete", "/v1/conversations/{id}/draft", { path: { id } });
  }
}
