import type { Chat } from "../chat.ts";
import type { Draft, NewMessage } from "../types.ts";

/** What the user is writing: `text`, the message that it answers, and the thread that it is in. */
export type DraftContent = Pick<Draft, "text" | "reply_to" | "thread">;

/** A draft, as one tab tells it to the others. */
interface SharedDraft {
  readonly id: number;
  /** the id under which it is sent */
  readonly client_msg_id: string;
  content: DraftContent;
}

interface Written extends SharedDraft {
  /** what the server has of it */
  saved: DraftContent | undefined;
  timer: ReturnType<typeof setTimeout> | undefined;
  /** ends when the server has what was written; undefined: it has nothing of this draft */
  saving: Promise<unknown> | undefined;
}

/** What the user is writing, shared with their other devices. A send clears the draft there. */
export class Drafts {
  readonly #chat: Chat;
  readonly #pause: number;
  readonly #written = new Map<number, Written>();
  readonly #listeners = new Set<(id: number) => void>();
  readonly #tabs: BroadcastChannel | undefined;
  /** Ends the listening to frames and tabs. */
  readonly close: () => void;

  /**
   * @param options `pause`: what is written within this time is saved once, in ms; 1,500 if absent · `share`:
   * stands for one user of one server, whose tabs write one draft; absent: each has its own until a reload,
   * as the server tells nothing to the session that has written
   */
  constructor(chat: Chat, { pause = 1_500, share }: { pause?: number; share?: string } = {}) {
    this.#chat = chat;
    this.#pause = pause;
    if (share && globalThis.BroadcastChannel) {
      this.#tabs = new BroadcastChannel(`parley:${share} drafts`);
      this.#tabs.onmessage = ({ data }: MessageEvent<SharedDraft>) => {
        const { timer, saving = Promise.resolve() } = this.#written.get(data.id) ?? {};
        clearTimeout(timer);
        // The other tab saves it.
        this.#written.set(data.id, { ...data, saved: data.content, timer: undefined, saving });
        for (const tell of this.#listeners) tell(data.id);
      };
    }
    const end = chat.onFrame((frame) => {
      if (frame.type !== "draft") return;
      const { conversation_id: id, draft, client_msg_id } = frame;
      const written = this.#written.get(id);
      if (!written) return;
      const { content, saved } = written;
      const isSaved = saved === content;
      // Another device goes on, or has ended this draft. What is not saved yet stays.
      if (draft ? isSaved || isEmpty(content) : isSaved && client_msg_id === written.client_msg_id)
        this.#written.delete(id);
    });
    this.close = () => {
      end();
      this.#tabs?.close();
    };
  }

  /** Tells the id of a conversation whenever another tab has written its draft. @returns ends it */
  subscribe(listener: (id: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
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
    this.#tell(written);
    written.timer ??= setTimeout(() => this.#save(written), this.#pause);
  }

  /**
   * Sends what the user has written, under the id of the draft, which clears it on all devices. The message
   * answers what the draft answers, in its thread, unless it says otherwise.
   * @param file uploaded first; its address becomes the `url` of the body
   * @returns its `client_msg_id`
   */
  send(id: number, message: NewMessage, file?: Blob): string {
    const { reply_to: quote_seq, thread } = this.get(id) ?? {};
    const { client_msg_id, timer, saving } = this.#written.get(id) ?? this.#begin(id);
    clearTimeout(timer);
    this.#tell(this.#begin(id));
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

  #begin(id: number): Written {
    const client_msg_id = Date.now() + crypto.randomUUID();
    const nothing = { saved: undefined, timer: undefined, saving: undefined };
    const written: Written = { id, client_msg_id, content: { text: "" }, ...nothing };
    this.#written.set(id, written);
    return written;
  }

  #tell({ id, client_msg_id, content }: SharedDraft): void {
    this.#tabs?.postMessage({ id, client_msg_id, content });
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

  async #put(written: Written): Promise<void> {
    const { id, client_msg_id, content } = written;
    const body = { ...content, client_msg_id };
    if (isEmpty(content)) await this.#clear(id);
    else await this.#chat.api.call("put", "/v1/conversations/{id}/draft", { path: { id }, body });
    written.saved = content;
  }

  #clear(id: number): Promise<unknown> {
    return this.#chat.api.call("delete", "/v1/conversations/{id}/draft", { path: { id } });
  }
}

function isEmpty({ text, reply_to }: DraftContent): boolean {
  return !text && !reply_to;
}
