/** How a target writes the frames of a room socket. */
export type Wire = {
  /** The text of a frame that the generator sends. */
  write(frame: Record<string, unknown>): string;
  /** The content of a received frame; undefined for a frame of the protocol itself. */
  content(text: string): unknown;
  /** The answer that the protocol wants for a received frame; undefined if it wants none. */
  answer(data: Buffer): string | undefined;
  /** A frame that confirms that the client still reads, if the protocol has one. */
  keepAlive: string | undefined;
};

const pong = "pong";

/** Frames of plain JSON, as Parley and the floor have them. */
export const jsonFrames: Wire = {
  write: (frame) => JSON.stringify(frame),
  content: (text) => (text === pong ? undefined : JSON.parse(text)),
  answer: () => undefined,
  keepAlive: "ping",
};

const [openPacket, pingPacket] = ["0".charCodeAt(0), "2".charCodeAt(0)];

/**
 * Packets of Socket.IO 5 over Engine.IO 4. Frames are the payload of events and acks:
 * https://socket.io/docs/v4/socket-io-protocol/. A send asks for an ack; its id is in the ack's content too.
 */
export const socketIoPackets: Wire = {
  write: (frame) => `420${JSON.stringify(["send", frame])}`,
  content: (text) => {
    if (text.startsWith("44")) throw new Error(`not let in: ${text}`);
    if (!text.startsWith("42") && !text.startsWith("43")) return undefined;
    const payload: unknown = JSON.parse(text.slice(text.indexOf("[")));
    return Array.isArray(payload) ? payload.at(-1) : undefined;
  },
  answer: (data) => {
    if (data[0] === openPacket) return "40";
    return data[0] === pingPacket && data.length === 1 ? "3" : undefined;
  },
  keepAlive: undefined,
};
