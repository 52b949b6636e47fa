import type { Chat } from "../chat.ts";
import { listen } from "../store/store.ts";
import type { Frame, NewMessage } from "../types.ts";
import { Fields, rootOf } from "./fields.ts";
import type { Saver } from "./saver.ts";
import {
  type DraftContent,
  type DraftStorage,
  type Field,
  isEmpty,
  isSame,
  KeptFields,
  pageStorage,
} from "./storage.ts";

export type { DraftContent, DraftStorage } from "./storage.ts";

/** How drafts are kept. */
export interface DraftsOptions {
  /**
   * stands for one user of one server: under it drafts are kept at once, and the tabs of the user write one
   * draft; absent: a draft is in memory until the server has it
   */
  name?: string;
  /** keeps the drafts of `name`; absent: `localStorage`, where there is one */
  storage?: DraftStorage | undefined;
  /** what is written within this time is saved on the server once, in ms; 1,500 if absent */
  pause?: number;
}

/** What one tab tells the others. */
interface Word {
  /** a field as it is now */
  field?: Field;
  /** what the server tells every session but that of the tabs */
  frame?: Frame<"draft">;
  /** a tab begins: which messages are on their way? */
  isBegun?: boolean;
}

/** The page may end: it is left, or a phone shows something else. */
const ENDS = ["pagehide", "visibilitychange"];

/**
 * What the user is writing: kept on this device at once, and shared with their other devices. The server
 * has one draft of a conversation, of any of its fields. A device overwrites none there that it has not
 * seen: what was written here stays here, and is saved when that draft was sent or emptied.
 */
export class Drafts {
  readonly #chat: Chat;
  readonly #pause: number;
  readonly #fields: Fields;
  readonly #saver: Promise<Saver>;
  #tabs: BroadcastChannel | undefined;
  readonly #listeners = new Set<(id: number) => void>();
  readonly #flush = () => void this.#saver.then((saver) => saver.flush(true));

  constructor(chat: Chat, { pause = 1_500, name = "", storage }: DraftsOptions = {}) {
    this.#chat = chat;
    this.#pause = pause;
    const keeps = name ? (storage ?? pageStorage()) : undefined;
    const kept = keeps && new KeptFields(keeps, name);
    const fields = new Fields(chat, kept, (field) => this.#say({ field }));
    this.#fields = fields;
    if (name && globalThis.BroadcastChannel) {
      this.#tabs = new BroadcastChannel(`parley:${name} drafts`);
      this.#tabs.onmessage = ({ data }: MessageEvent<Word>) => this.#hear(data);
      this.#say({ isBegun: true });
    }
    for (const event of ENDS) globalThis.addEventListener?.(event, this.#flush);
    const onChange = (id: number) => this.#tell(id);
    const onFrame = (frame: Frame<"draft">) => {
      chat.take(frame);
      this.#say({ frame });
    };
    this.#saver = import("./saver.ts").then(
      ({ Saver }) => new Saver({ chat, fields, pause, onChange, onFrame }),
    );
  }

  /** Ends the listening to the client, the page and tabs. What is kept stays. */
  close(): void {
    for (const event of ENDS) globalThis.removeEventListener?.(event, this.#flush);
    this.#tabs?.close();
    this.#tabs = undefined;
    void this.#saver.then((saver) => saver.close());
  }

  /** Tells the id of a conversation whenever its draft is another one, but by `write`. @returns ends it */
  subscribe(listener: (id: number) => void): () => void {
    return listen(this.#listeners, listener);
  }

  /**
   * What the user has last written in a conversation, here or on another device.
   * @param root the field: that of a thread, by its root, or of the conversation itself (0); absent: any
   */
  get(id: number, root?: number): DraftContent | undefined {
    return this.#fields.written(id, root)?.content ?? this.#fields.shown(id, root);
  }

  /**
   * The user has changed what they write: call it at each key. An empty `text` without `reply_to` is no
   * draft.
   */
  write(id: number, content: DraftContent): void {
    const field = this.#fields.begin(id, rootOf(content));
    if (isSame(field.content, content)) return;
    field.content = content;
    field.at = Math.max(Date.now(), field.at + 1);
    field.isSaved = false;
    if (isEmpty(content)) field.over = field.seen;
    this.#fields.keep(field);
    void this.#saver.then((saver) => saver.saveSoon(id));
  }

  /**
   * Sends what the user has written, under the id of the draft, which clears it on all devices. The message
   * answers what the draft answers, in its thread, unless it says otherwise.
   * @param file uploaded first; its address becomes the `url` of the body
   * @param root the field, as of `get`
   * @returns its `client_msg_id`
   */
  send(id: number, message: NewMessage, file?: Blob, root = message.thread?.root): string {
    const { reply_to: quote_seq, thread } = this.get(id, root) ?? {};
    const placed = { ...(quote_seq && { quote_seq }), ...(thread && { thread }), ...message };
    const field = this.#fields.begin(id, placed.thread?.root ?? 0);
    const { clientMsgId, content, seen, sent } = field;
    if (!isEmpty(content)) field.sent = [...sent, { id: clientMsgId, content, queued: "here" }];
    field.over = seen;
    field.last = clientMsgId;
    this.#fields.empty(field);
    return this.#chat.send(id, { client_msg_id: clientMsgId, ...placed }, file);
  }

  /** Saves at once what waits to be saved on the server. */
  async flush(): Promise<void> {
    await (await this.#saver).flush();
  }

  /** Forgets everything that is kept, as at a logout. */
  clear(): void {
    this.#fields.clear();
  }

  #tell(id: number): void {
    for (const listener of this.#listeners) listener(id);
  }

  #say(word: Word): void {
    this.#tabs?.postMessage(word);
  }

  #hear({ field, frame, isBegun }: Word): void {
    if (frame) this.#chat.take(frame);
    if (isBegun)
      for (const one of [...this.#fields.all.values()].flat())
        if (one.sent.some(({ queued }) => queued === "here")) this.#say({ field: one });
    if (!field) return;
    const known = this.#fields.one(field.id, field.root) ?? field;
    // What was written here since then is on its way to that tab.
    if (known.at > field.at) return;
    const sent = field.sent.map((one) => ({ ...one, queued: "elsewhere" as const }));
    // The same object: a save of it may be under way.
    this.#fields.put(Object.assign(known, field, { sent }));
    // The tab that has written it saves it, unless it ends before.
    if (!field.isSaved) void this.#saver.then((saver) => saver.saveSoon(field.id, 4 * this.#pause));
    this.#tell(field.id);
  }
}
