import { z } from "zod";
import { askHook } from "../../core/server/hook-calls.ts";
import type { BotCaller } from "../../domain/bots/bot-update.ts";
import type { Settings } from "../../domain/settings.ts";
import type { Timing } from "../../domain/timing.ts";
import { issueToken } from "../../http/access/token.ts";
import { errorFields, log } from "../../lib/logger.ts";

interface BotCallerDeps {
  settings: Pick<Settings, "wayOut">;
  timing: Pick<Timing, "botUpdates">;
  /** what signs tokens */
  secret: string | undefined;
  /** makes a request of this server */
  fetchHere(request: Request): Response | Promise<Response>;
}

const CallOfWebhook = z.looseObject({ method: z.string() });
const RefusedCall = z.object({ description: z.string() });

/** The address of a call from inside: one of this machine, so that a server in development takes it. */
const INNER_ORIGIN = "http://localhost";

/** What calls the webhooks of bots, and makes the calls of this API that they answer with. */
export function botCaller({ settings, timing, secret, fetchHere }: BotCallerDeps): BotCaller {
  return {
    call: (url, headers, body) =>
      askHook({ url, headers, body }, settings.wayOut, timing.botUpdates.answerMs),
    make: async (userId, { sessionId, expiresAt }, call) => {
      const parsed = CallOfWebhook.safeParse(call);
      if (!parsed.success) return null;
      const { method, ...parameters } = parsed.data;
      try {
        const token = await issueToken(secret, { userId, sessionId, expiresAt });
        const url = `${INNER_ORIGIN}/bot${token}/${encodeURIComponent(method)}`;
        const headers = { "Content-Type": "application/json" };
        const answer = await fetchHere(
          new Request(url, { method: "POST", headers, body: JSON.stringify(parameters) }),
        );
        if (answer.status === 200) return null;
        log("warn", "bot_answer_refused", { user: userId, status: answer.status });
        const { description } = RefusedCall.parse(await answer.json());
        return `Call in the answer of the webhook was refused: ${description}`;
      } catch (error) {
        log("error", "bot_answer_failed", { user: userId, ...errorFields(error) });
        return "Call in the answer of the webhook failed";
      }
    },
  };
}
