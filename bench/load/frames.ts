/** A message or ack of a frame: its seq, the index of its sender in the room, and the sender's number. */
export type Item = { seq: number; sender: number; number: number };

/** The meaning of a server frame for the generator. */
export type Frame =
  | { type: "ready"; lastSeq: number }
  /** A device socket that is open: it is ready once it has synced its conversation. */
  | { type: "connected" }
  | { type: "acks"; items: Item[] }
  | { type: "messages"; items: Item[] }
  /** A device in a crowded group hears of the newest message. */
  | { type: "told"; items: Item[] }
  | { type: "other" };

const textLength = 80;

/**
 * The client id of a sender's nth message. Its text starts with it. Ids begin with the time, as those of
 * parley-client do.
 */
const clientId = (run: string, sender: number, number: number): string =>
  `${Date.now()}.${run}.${sender}.${number}.`;

/** A message of 80 bytes that starts with its client id. */
export function draft(run: string, sender: number, number: number): Record<string, unknown> {
  const id = clientId(run, sender, number);
  return { client_msg_id: id, kind: "text", body: { text: id.padEnd(textLength, "x") } };
}

/**
 * Reads the content of a server frame of one message or several.
 * @throws an Error on a refusal, a kick, an unknown shape, or a message that is not of this run or not of 80
 *   bytes
 */
export function read(run: string, frame: unknown): Frame {
  if (!isRecord(frame)) throw new Error(`not an object: ${JSON.stringify(frame).slice(0, 200)}`);
  switch (frame.type) {
    case "ready":
      return frame.last_seq === undefined
        ? { type: "connected" }
        : { type: "ready", lastSeq: integer(frame.last_seq) };
    case "synced":
      return { type: "ready", lastSeq: integer(frame.last_seq) };
    case "ack":
      return { type: "acks", items: [acked(run, frame)] };
    case "acks":
      return { type: "acks", items: list(frame.items).map((item) => acked(run, item)) };
    case "message":
      return { type: "messages", items: [received(run, frame.message)] };
    case "messages":
      return { type: "messages", items: list(frame.items).map((item) => received(run, item)) };
    case "activity":
      return { type: "told", items: [received(run, frame.last_message)] };
    case "error":
    case "kicked":
      throw new Error(`refused: ${JSON.stringify(frame).slice(0, 200)}`);
    default:
      return { type: "other" };
  }
}

/** Reads an ack, or the answer to a message that was sent over HTTP. */
export function acked(run: string, ack: unknown): Item {
  if (!isRecord(ack)) throw new Error("an ack that is no object");
  return { seq: integer(ack.seq), ...origin(run, ack.client_msg_id) };
}

function received(run: string, message: unknown): Item {
  if (!isRecord(message) || !isRecord(message.body)) throw new Error("a message without a body");
  const text = message.body.text;
  if (typeof text !== "string" || text.length !== textLength)
    throw new Error("a text that differs from the sent one");
  return { seq: integer(message.seq), ...origin(run, text) };
}

/** The sender and the number in a client id, or in a text that starts with one. */
function origin(run: string, id: unknown): Pick<Item, "sender" | "number"> {
  const [, ofRun, sender, number] = typeof id === "string" ? id.split(".", 4) : [];
  if (ofRun !== run) throw new Error(`not of this run: ${String(id)}`);
  return { sender: integer(Number(sender)), number: integer(Number(number)) };
}

function integer(value: unknown): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value))
    throw new Error(`no integer: ${String(value)}`);
  return value;
}

function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new Error("items that are no list");
  return value;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
