import { type Frame, type Item, read } from "./frames.ts";
import type { Wire } from "./wire.ts";

/** The number of whole message frames kept for comparison with those of other members. */
const keptFrames = 128;
/** The number of messages kept for comparison with those in frames of other members. */
const keptMessages = 512;
/** Frames are found by so many characters at their start, where the first seq is, and then compared. */
const keyCharacters = 96;
/** How far apart the seqs of two messages in a frame may be: own messages are not in it. */
const widestStep = 4;

const start = Buffer.from('{"type":"messages","items":[');
const [comma, bracket, brace] = Buffer.from(",]}");

/**
 * Reads the frames of one room. Many members receive the same bytes: the same frame, or, as nobody receives
 * their own messages, the same messages in frames that differ. These are parsed once and then compared, so
 * that a hundred members do not measure the generator's JSON parser.
 */
export class FrameReader {
  readonly #run: string;
  readonly #wire: Wire;
  readonly #isShared: boolean;
  /** message frames by their length and their start */
  readonly #frames = new Map<string, { text: string; frame: Frame }>();
  /** the newest messages by seq */
  readonly #messages = new Map<number, { bytes: Buffer; item: Item }>();

  /**
   * @param run the prefix of every client id
   * @param receivers the number of members that receive each message
   */
  constructor(run: string, wire: Wire, receivers: number) {
    this.#run = run;
    this.#wire = wire;
    this.#isShared = receivers > 1;
  }

  /**
   * @param newest the newest seq that the member has received
   * @throws an Error on a frame that must not come
   */
  read(data: Buffer, newest: number): Frame {
    const text = this.#isShared ? data.toString("latin1") : "";
    if (this.#isShared) {
      const known = this.#frames.get(keyOf(text));
      if (known?.text === text) return known.frame;
      const items = this.#knownMessages(data, newest);
      if (items) return { type: "messages", items };
    }
    const content = this.#wire.content(data.toString());
    if (content === undefined) return { type: "other" };
    const frame = read(this.#run, content);
    if (this.#isShared && frame.type === "messages") this.#keep(text, frame, content);
    return frame;
  }

  /** The items of a frame that has only messages that are kept, byte by byte. */
  #knownMessages(data: Buffer, newest: number): Item[] | undefined {
    if (!isAt(data, 0, start)) return undefined;
    const items: Item[] = [];
    let position = start.length;
    let seq = newest;
    for (;;) {
      const message = this.#messageAt(data, position, seq);
      if (message === undefined) return undefined;
      items.push(message.item);
      seq = message.item.seq;
      position += message.bytes.length;
      if (data[position] !== comma) break;
      position++;
    }
    const isEnd = data[position] === bracket && data[position + 1] === brace && data.length === position + 2;
    return isEnd ? items : undefined;
  }

  #messageAt(data: Buffer, position: number, after: number) {
    for (let seq = after + 1; seq <= after + widestStep; seq++) {
      const message = this.#messages.get(seq);
      if (message && isAt(data, position, message.bytes)) return message;
    }
    return undefined;
  }

  #keep(text: string, frame: Frame & { type: "messages" }, content: unknown): void {
    const raw = typeof content === "object" && content && "items" in content ? content.items : undefined;
    if (Array.isArray(raw)) {
      for (const [index, item] of frame.items.entries()) {
        if (this.#messages.has(item.seq)) continue;
        this.#messages.set(item.seq, { bytes: Buffer.from(JSON.stringify(raw[index])), item });
        this.#messages.delete(item.seq - keptMessages);
      }
    }
    if (this.#frames.size >= keptFrames) this.#frames.clear();
    this.#frames.set(keyOf(text), { text, frame });
  }
}

/** A map by whole frames would hash each of them. */
function keyOf(text: string): string {
  return `${text.length} ${text.slice(0, keyCharacters)}`;
}

function isAt(data: Buffer, position: number, bytes: Buffer): boolean {
  const end = position + bytes.length;
  return end <= data.length && data.compare(bytes, 0, bytes.length, position, end) === 0;
}
