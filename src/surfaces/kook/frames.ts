import { z } from "zod";
import { attempt } from "../../domain/errors.ts";
import type { GatewayReset } from "../../domain/sync/gateway.ts";
import type { DeviceCommand, DeviceProtocol } from "../../domain/sync/socket-protocol.ts";
import { checked, integer } from "../../http/fields.ts";
import { parseJson } from "../../http/json.ts";

/** The name of this wire format in `src/worker.ts`. */
export const PROTOCOL = "kook";

/** The signals of frames, by KOOK's numbers. */
const SIGNAL = { event: 0, hello: 1, ping: 2, pong: 3, resume: 4, reconnect: 5, resumed: 6 };

/** Why a token opens no socket. */
export const HELLO_CODES = { invalid: 40_101, refused: 40_102, expired: 40_103 };

const RESETS: Record<GatewayReset, { code: number; err: string }> = {
  unknown_session: { code: 40_107, err: "session_id: there is no such session any more" },
  unknown_position: { code: 40_108, err: "sn: the events after it are not there" },
};

const ClientFrame = z.object({
  s: z.literal([SIGNAL.ping, SIGNAL.resume]),
  sn: integer.nullish(),
});

/** The frame before a socket is closed whose token is not good. */
export function helloRefused(code: number): string {
  return JSON.stringify({ s: SIGNAL.hello, d: { code } });
}

/** A frame of a client as a command. @throws `validation_failed` */
function toCommand(frame: string): DeviceCommand {
  const { s, sn } = checked(ClientFrame, parseJson(frame, "frame"));
  return { type: s === SIGNAL.ping ? "heartbeat" : "resume", after: sn ?? 0 };
}

/** This API's frames of the gateway, for bots. What they are told comes from their queue. */
export const kookProtocol: DeviceProtocol = {
  name: PROTOCOL,
  decode: (frame) => attempt(() => toCommand(frame)),
  event: ({ type }) => (type === "kicked" ? KICKED : null),
  encode: () => null,
  messages: () => "",
  // KOOK has no frame for it; libraries would warn of one that they do not know.
  refused: () => null,
  acks: null,
  gateway: {
    hello: (session) => JSON.stringify({ s: SIGNAL.hello, d: { code: 0, session_id: session } }),
    event: (number, body) => `{"s":${SIGNAL.event},"d":${body},"sn":${number}}`,
    alive: () => PONG,
    resumed: (session) => JSON.stringify({ s: SIGNAL.resumed, d: { session_id: session } }),
    reset: (reason) => JSON.stringify({ s: SIGNAL.reconnect, d: RESETS[reason] }),
  },
  takesBytes: true,
  maxMessagesPerFrame: 1,
  supportsResume: false,
  survivesTokenExpiry: false,
  toleratesInvalidFrames: false,
};

const PONG = JSON.stringify({ s: SIGNAL.pong });
const KICKED = JSON.stringify({
  s: SIGNAL.reconnect,
  d: { code: HELLO_CODES.expired, err: "the session of the token has ended" },
});
