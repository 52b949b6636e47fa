import type { Frame, MessageItem } from "../connection/frames.ts";

/** Where the client stands in a conversation; without a revision it wants no changes of older messages. */
interface Position {
  sequence: number;
  revision?: number;
  /** the app shows messages of it: their changes matter */
  isShown?: boolean;
}

type Synced = Extract<Frame, { type: "synced" }>;

/** The most conversations that a frame may name. */
const MAX_POINTS = 100;

/**
 * What the client has of each conversation, by number. Of what a socket brings it passes on each message
 * once, in order: while the client asks for what it missed, live messages wait for what is before them.
 */
export class Positions {
  readonly #positions = new Map<number, Position>();
  /** the messages that wait for a page of what was missed, by conversation */
  readonly #waiting = new Map<number, MessageItem[]>();
  /** the conversations that are loaded anew: no page ends their waiting */
  readonly #held = new Set<number>();
  readonly #send: (frame: object) => boolean;

  constructor(send: (frame: object) => boolean) {
    this.#send = send;
  }

  get(number: number): Position | undefined {
    return this.#positions.get(number);
  }

  /** The client has everything of a conversation up to here. */
  begin(number: number, sequence: number): void {
    this.#positions.set(number, { sequence });
  }

  /**
   * The app shows messages of a conversation from now on, up to this one at least: asks for the revision from
   * which on changes are new.
   */
  show(number: number, sequence: number): void {
    const position = this.#positions.get(number) ?? { sequence };
    if (position.isShown) return;
    this.#positions.set(number, { ...position, isShown: true });
    this.sync([number]);
  }

  /** Asks for what was missed of these conversations; of none: live messages need not wait for it. */
  sync(numbers: number[]): void {
    if (numbers.length === 0) this.#send({ type: "sync", items: [] });
    const wanted = numbers.filter((number) => !this.#waiting.has(number));
    for (let at = 0; at < wanted.length; at += MAX_POINTS) {
      const some = wanted.slice(at, at + MAX_POINTS);
      const items = some.map((conversation) => {
        const { sequence = 0, revision } = this.#positions.get(conversation) ?? {};
        return { conversation, sequence, revision };
      });
      if (this.#send({ type: "sync", items })) for (const number of some) this.#waiting.set(number, []);
    }
  }

  /** The socket is lost: what waits will come again. */
  lost(): void {
    this.#waiting.clear();
    this.#held.clear();
    // The revision was asked for, and did not come: any change may be one that the app lacks.
    for (const position of this.#positions.values()) if (position.isShown) position.revision ??= 0;
  }

  /** @returns the messages that are new now, in order */
  take(items: MessageItem[]): MessageItem[] {
    return items.filter((item) => {
      const waiting = this.#waiting.get(item.conversation);
      waiting?.push(item);
      return !waiting && this.#isNew(item);
    });
  }

  #isNew({ conversation, message: { sequence } }: MessageItem): boolean {
    const position = this.#positions.get(conversation);
    if (position && sequence <= position.sequence) return false;
    this.#positions.set(conversation, { ...position, sequence });
    return true;
  }

  /** Changes up to this revision have come. */
  changed(conversation: number, revision: number): void {
    const position = this.#positions.get(conversation);
    if (!position || this.#waiting.has(conversation) || position.revision === undefined) return;
    position.revision = Math.max(position.revision, revision);
  }

  /** A page is whole. @returns the messages that are new now, in order */
  synced({ conversation, sequence, revision, hasMore }: Synced): MessageItem[] {
    if (this.#held.has(conversation)) return [];
    const waiting = this.#release(conversation);
    const isInPage = ({ message }: MessageItem) => !hasMore || message.sequence <= sequence;
    const fresh = waiting.filter(isInPage).filter((item) => this.#isNew(item));
    const end = Math.max(sequence, this.#positions.get(conversation)?.sequence ?? 0);
    const { isShown = false } = this.#positions.get(conversation) ?? {};
    this.#positions.set(conversation, { sequence: hasMore ? sequence : end, revision, isShown });
    if (hasMore) this.sync([conversation]);
    return fresh;
  }

  /** There is no page: the user is not in the conversation, or it has to begin anew. */
  failed(conversation: number): MessageItem[] {
    return this.#release(conversation).filter((item) => this.#isNew(item));
  }

  /**
   * Too much has changed for pages: the conversation is loaded anew. Live messages wait.
   * @returns where the client stood
   */
  hold(conversation: number): number {
    this.#held.add(conversation);
    if (!this.#waiting.has(conversation)) this.#waiting.set(conversation, []);
    return this.#positions.get(conversation)?.sequence ?? 0;
  }

  isHeld(conversation: number): boolean {
    return this.#held.has(conversation);
  }

  /**
   * A conversation was loaded anew, from where the client stood.
   * @returns the messages that are new now, in order; none if it was given up meanwhile
   */
  loaded(conversation: number, items: MessageItem[]): MessageItem[] {
    if (!this.#held.delete(conversation)) return [];
    const all = [...items, ...this.#release(conversation)];
    const fresh = all.sort(bySequence).filter((item) => this.#isNew(item));
    // From here on, with the revision of today.
    const position = this.#positions.get(conversation);
    if (position) delete position.revision;
    this.sync([conversation]);
    return fresh;
  }

  #release(conversation: number): MessageItem[] {
    const waiting = this.#waiting.get(conversation) ?? [];
    this.#waiting.delete(conversation);
    return waiting.sort(bySequence);
  }

  clear(): void {
    this.#positions.clear();
    this.#waiting.clear();
    this.#held.clear();
  }
}

function bySequence(one: MessageItem, other: MessageItem): number {
  return one.message.sequence - other.message.sequence;
}
