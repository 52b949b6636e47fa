import { z } from "zod";
import type { Person } from "../accounts/person.ts";
import { CoreError } from "../errors.ts";
import { httpUrl } from "../http-url.ts";
import { ConversationId, Seq, UserId } from "../ids.ts";

/** The id of a tap. Ids are sorted by time: twelve digits are of it, sixteen are random. */
export const TapId = z
  .string()
  .regex(/^tap_[0-9a-f]{28}$/)
  .brand<"TapId">();
export type TapId = z.infer<typeof TapId>;

/** The profile of who has tapped. */
const Tapper: z.ZodType<Person> = z.object({
  ...{ id: UserId, username: z.string(), nickname: z.string(), avatar: z.string() },
  bot: z.boolean().default(false),
});

/**
 * A user's tap on a button of a bot's message, as the bot is told of it. `seq`: the message with the button;
 * `data`: of the button; `at`: ms since 1970.
 */
export const Tap = z.object({
  id: TapId,
  conversationId: ConversationId,
  seq: Seq,
  user: Tapper,
  data: z.string(),
  at: z.int(),
});
export type Tap = z.infer<typeof Tap>;

/** A page that a bot offers in its answer to a tap. */
export const TapUrl = httpUrl(2_048, "must be an http(s) URL");

/** What a bot answers to a tap: a text that the client shows for a moment, or as an alert, or a page. */
export interface TapAnswer {
  /** `""`: none */
  text: string;
  alert: boolean;
  url?: z.infer<typeof TapUrl> | undefined;
}

/** A tap that its bot answers. `isAnswered`: it has been answered before. */
export interface TakenTap extends Pick<Tap, "id" | "conversationId" | "seq"> {
  userId: UserId;
  isAnswered: boolean;
}

export function newTapId(at: number): TapId {
  return tapIdAt(at, crypto.randomUUID().replaceAll("-", "").slice(0, 16));
}

/** The least id of the taps from a time on. */
export function firstTapIdAt(at: number): TapId {
  return tapIdAt(at, "0".repeat(16));
}

/** The last time that twelve digits hold: in the year 10889. */
const LAST_OF_ID = 0xffff_ffff_ffff;

function tapIdAt(at: number, random: string): TapId {
  const time = Math.min(Math.max(at, 0), LAST_OF_ID);
  return TapId.parse(`tap_${time.toString(16).padStart(12, "0")}${random}`);
}

/** The `not_found` for a tap that never was, is of another bot, or is kept no longer. */
export function noTap(): CoreError {
  return new CoreError("not_found", "There is no such tap on a button of yours, or it is too old to answer.");
}
