import { trusted } from "../json.ts";
import type { Draft } from "../types.ts";

/** What the user is writing: `text`, the message that it answers, and the thread that it is in. */
export type DraftContent = Pick<Draft, "text" | "reply_to" | "thread">;

/**
 * Keeps texts between two starts, at once: `localStorage` of a page, or the like of another platform. What it
 * throws, as a full disk does, is a text that is not kept.
 */
export interface DraftStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** What was sent, until its message is stored: a client that ends before has it again. */
export interface Sent {
  readonly id: string;
  readonly content: DraftContent;
  /** which outbox has its message; absent: none that is known of */
  readonly queued?: "here" | "elsewhere";
}

/** What was written in one field on this device: that of a conversation, or of a thread of it. */
export interface Field {
  /** the conversation */
  readonly id: number;
  /** the root of the thread; 0: the conversation itself */
  readonly root: number;
  /** the id under which it is sent */
  clientMsgId: string;
  content: DraftContent;
  /** when it was written, in ms since 1970 */
  at: number;
  /** whether the server has it, or there is nothing to save */
  isSaved: boolean;
  /** drafts of the server in this field up to this `updated_at` were seen here */
  seen: number;
  /** those up to this `updated_at` were sent or emptied here */
  over: number;
  /** the `client_msg_id` of what was sent last */
  last: string;
  sent: readonly Sent[];
}

/** So many fields without a text are kept, for what was sent in them. */
const MAX_EMPTY = 100;

/** `localStorage`, where there is one that can be used. */
export function pageStorage(): DraftStorage | undefined {
  try {
    return globalThis.localStorage;
  } catch {
    return undefined;
  }
}

/** The fields of one user in a storage. Tabs share it: each writes the field alone that it has changed. */
export class KeptFields {
  readonly #storage: DraftStorage;
  readonly #key: string;

  constructor(storage: DraftStorage, name: string) {
    this.#storage = storage;
    this.#key = `parley:${name} drafts`;
  }

  all(): Field[] {
    return Object.values(this.#read());
  }

  put({ ...field }: Field): void {
    const key = `${field.id} ${field.root}`;
    const { [key]: _, ...fields } = this.#read();
    fields[key] = { ...field, sent: field.sent.map(({ id, content }) => ({ id, content })) };
    const empty = Object.keys(fields).filter((one) => isEmpty(fields[one]?.content) && !fields[one]?.sent[0]);
    for (const one of empty.slice(0, -MAX_EMPTY)) delete fields[one];
    try {
      this.#storage.setItem(this.#key, JSON.stringify(fields));
    } catch {
      // It stays in memory.
    }
  }

  clear(): void {
    this.#storage.removeItem(this.#key);
  }

  #read(): Record<string, Field> {
    try {
      return trusted(this.#storage.getItem(this.#key) ?? "{}");
    } catch {
      return {};
    }
  }
}

/** Whether nothing is written. */
export function isEmpty(content: DraftContent | undefined): boolean {
  return !content?.text && !content?.reply_to;
}

/** Whether two contents say the same. */
export function isSame(a: DraftContent, b: DraftContent): boolean {
  return (
    a.text === b.text &&
    a.reply_to === b.reply_to &&
    a.thread?.root === b.thread?.root &&
    !a.thread?.also_in_main === !b.thread?.also_in_main
  );
}
