/** A message or ack of a frame: its seq, and the sender's number. */
export type Item = { seq: number; number: number };

/** The meaning of a server frame for the generator. */
export type Frame =
  | { type: "ready"; lastSeq: number }
  | { type: "acks"; items: Item[] }
  | { type: "messages"; items: Item[] }
  | { type: "other" };

const textLength = 80;

/** The client id of the nth message of a run. Its text starts with it. */
const clientId = (run: string, number: number): string => `${run}.${number}.`;

/** A send of the nth message: a text of 80 bytes that starts with its client id. */
export function send(run: string, number: number): Record<string, unknown> {
  const id = clientId(run, number);
  return { type: "send", client_msg_id: id, kind: "text", body: { text: id.padEnd(textLength, "x") } };
}

/**
 * Parses a server frame of one message or several.
 * @throws an Error on a refusal, a kick, an unknown shape, or a message that is not of this run or not of 80
 *   bytes
 */
export function read(run: string, text: string): Frame {
  const frame: unknown = JSON.parse(text);
  if (!isRecord(frame)) throw new Error(`not an object: ${text.slice(0, 200)}`);
  switch (frame.type) {
    case "ready":
      return { type: "ready", lastSeq: integer(frame.last_seq) };
    case "ack":
      return { type: "acks", items: [acked(run, frame)] };
    case "acks":
      return { type: "acks", items: list(frame.items).map((item) => acked(run, item)) };
    case "message":
      return { type: "messages", items: [received(run, frame.message)] };
    case "messages":
      return { type: "messages", items: list(frame.items).map((item) => received(run, item)) };
    case "error":
    case "kicked":
      throw new Error(`refused: ${text.slice(0, 200)}`);
    default:
      return { type: "other" };
  }
}

function acked(run: string, ack: unknown): Item {
  if (!isRecord(ack)) throw new Error("an ack that is no object");
  return { seq: integer(ack.seq), number: numberOf(run, ack.client_msg_id) };
}

function received(run: string, message: unknown): Item {
  if (!isRecord(message) || !isRecord(message.body)) throw new Error("a message without a body");
  const text = message.body.text;
  if (typeof text !== "string" || text.length !== textLength)
    throw new Error("a text that differs from the sent one");
  return { seq: integer(message.seq), number: numberOf(run, text) };
}

/** The number in a client id, or in a text that starts with one. */
function numberOf(run: string, id: unknown): number {
  if (typeof id !== "string" || !id.startsWith(`${run}.`)) throw new Error(`not of this run: ${String(id)}`);
  return integer(Number(id.slice(run.length + 1, id.indexOf(".", run.length + 1))));
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
