import { noTap, type TapAnswer, TapId } from "../../domain/bots/tap.ts";
import { isNotFound } from "../../domain/errors.ts";
import type { ConversationId, Seq, UserId } from "../../domain/ids.ts";
import type { Core } from "../context.ts";
import { areAllowed, requireAllowed, requireOutOfShadow } from "../moderation/shown-texts.ts";

/**
 * Tells a bot that the caller has tapped on a button of its message. Each call is a tap of its own. For a bot
 * that cannot answer the tap is answered with nothing, so that the client does not wait.
 * @returns the id of the tap, which its answer has
 * @throws `not_found` unless the caller sees the message, and it has a button with this data; `forbidden`,
 *   `blocked`, `rate_limited`
 */
export async function tapButton(
  core: Core,
  caller: UserId,
  id: ConversationId,
  { seq, data }: { seq: Seq; data: string },
): Promise<TapId> {
  const { botId, tap, isShadowed } = await core.conversations.tap(id, { userId: caller, seq, data });
  if (isShadowed) return tap.id;
  const { canAnswer } = await core.inboxes.tapped(botId, { tap });
  if (!canAnswer) await answerTap(core, botId, tap.id, { text: "", alert: false });
  return tap.id;
}

/**
 * Answers a tap on a button of the bot: the devices of who has tapped are told. The first answer counts, and
 * a further one changes nothing.
 * @throws `not_found` for a tap of another bot, and for one that is too old; `refused` for a text
 *   or a page that rules refuse
 */
export async function answerTap(core: Core, bot: UserId, tapId: string, answer: TapAnswer): Promise<void> {
  const parsed = TapId.safeParse(tapId);
  if (!parsed.success) throw noTap();
  await requireOutOfShadow(core, bot);
  const texts = { tap_answer: [answer.text, answer.url] };
  if (!(await areAllowed(core, texts, null))) {
    // A rule may leave the conversation out.
    const asked = await core.inboxes.takeTap(bot, { id: parsed.data, isAsked: true });
    await requireAllowed(core, texts, asked.conversationId);
  }
  const { id, conversationId, seq, userId, isAnswered } = await core.inboxes.takeTap(bot, {
    id: parsed.data,
  });
  if (isAnswered) return;
  try {
    const event = { type: "tap_answer", tapId: id, conversationId, seq, answer } as const;
    await core.inboxes.pushEvent(userId, { event });
  } catch (error) {
    // The account of who has tapped is deleted.
    if (!isNotFound(error)) throw error;
  }
}
