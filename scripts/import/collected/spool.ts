import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { ScratchFolder } from "../scratch-folder.ts";
import type { MessageDraft } from "./draft.ts";

const CHUNK_BYTES = 1024 * 1024;

/** Where a draft is in the file. */
interface Place {
  order: number;
  at: number;
  length: number;
}

/**
 * Messages of all conversations in a temporary file, until they are read in the order of their time:
 * exports have them in orders of their own, and may be larger than the memory.
 */
export class Spool {
  readonly #folder = new ScratchFolder("import");
  readonly #file = openSync(join(this.#folder.path, "messages"), "w+");
  readonly #places = new Map<string, Place[]>();
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #written = 0;

  /**
   * @param order milliseconds since 1970, with fractions where the origin has them; ties stay as they come
   */
  add(conversation: string, order: number, draft: MessageDraft): void {
    const bytes = Buffer.from(JSON.stringify(draft));
    const places = this.#places.get(conversation) ?? [];
    places.push({ order, at: this.#written + this.#pendingBytes, length: bytes.length });
    this.#places.set(conversation, places);
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes > CHUNK_BYTES) this.#flush();
  }

  /** The messages of a conversation in the order of their time. */
  *sorted(conversation: string): Generator<MessageDraft> {
    this.#flush();
    const places = this.#places.get(conversation) ?? [];
    for (const { at, length } of places.sort((a, b) => a.order - b.order)) {
      const bytes = Buffer.alloc(length);
      readSync(this.#file, bytes, 0, length, at);
      const draft: MessageDraft = JSON.parse(bytes.toString());
      yield draft;
    }
  }

  close(): void {
    closeSync(this.#file);
    this.#folder.remove();
  }

  #flush(): void {
    for (const bytes of this.#pending) writeSync(this.#file, bytes);
    this.#written += this.#pendingBytes;
    this.#pending = [];
    this.#pendingBytes = 0;
  }
}
