import type {
  UpdatesAnswer,
  UpdatesRequest,
  WebhookChange,
  WebhookState,
} from "../../domain/bots/bot-update.ts";
import { effect } from "../../object/calls/object-call.ts";
import { WEIGHTS } from "../../object/user-budgets.ts";
import { once, repeatable, requireAccount } from "./call.ts";

const { light, page } = WEIGHTS;

/** The calls that concern what a bot is told over an API for bots. */
export const BOT_UPDATES = {
  /**
   * The updates that the bot has not taken; waits for the first one. A further call ends it.
   * @see BotUpdates.ask
   * @throws `unauthenticated` for a deleted account
   */
  botUpdates: once(page, (components, input: UpdatesRequest): Promise<UpdatesAnswer> => {
    requireAccount(components);
    components.space.require();
    return components.botUpdates.ask(input);
  }),

  /** Sets, replaces or ends the bot's webhook. Idempotent. @throws `unauthenticated` for a deleted account */
  setBotWebhook: effect(
    repeatable(light, (components, input: WebhookChange) => {
      requireAccount(components);
      if (input.webhook) components.sessionGate.requireActive(input.webhook.sessionId);
      components.space.require();
      components.botUpdates.setWebhook(input);
    }),
  ),

  /** The bot's webhook, and what waits. */
  botWebhook: repeatable(page, ({ botUpdates }): WebhookState => botUpdates.webhook),
};
