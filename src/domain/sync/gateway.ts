import { z } from "zod";

/** Names a gateway session of a bot. */
export const GatewaySessionId = z.string().min(1).max(64).brand<"GatewaySessionId">();
export type GatewaySessionId = z.infer<typeof GatewaySessionId>;

/** What the address of a gateway socket asks for. `after`: the last event that the client has. */
export const GatewayOpening = z.object({
  /** frames of the server are compressed */
  compress: z.boolean(),
  /** the session that goes on; absent: a new one begins */
  resume: z.object({ session: GatewaySessionId, after: z.int() }).optional(),
});
export type GatewayOpening = z.infer<typeof GatewayOpening>;

/** A request on a gateway socket. `after`: the number of the last event that the client has. */
export type GatewayCommand =
  | { type: "heartbeat"; after: number }
  /** the client wants the events after it once more */
  | { type: "resume"; after: number };

/** Why a session cannot go on. `unknown_position`: the events after it are not there. */
export type GatewayReset = "unknown_session" | "unknown_position";

/** The frames of an API whose bots are told of events by numbers: 1, 2, 3 … in a session, without a gap. */
export interface GatewayFrames {
  hello(session: GatewaySessionId): string;
  /** @param body of a `BotUpdate` */
  event(number: number, body: string): string;
  /** answers a heartbeat */
  alive(): string;
  /** all events are sent that a resuming client has missed */
  resumed(session: GatewaySessionId): string;
  /** the client begins anew */
  reset(reason: GatewayReset): string;
}
