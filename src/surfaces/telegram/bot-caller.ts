import { z } from "zod";
import { askHook } from "../../core/server/hook-calls.ts";
import type { Credential } from "../../domain/accounts/session.ts";
import type { BotCaller } from "../../domain/bots/bot-update.ts";
import type { Settings } from "../../domain/settings.ts";
import type { Timing } from "../../domain/timing.ts";
import { issueToken } from "../../http/access/token.ts";
import { errorFields, log } from "../../lib/logger.ts";

/** What the app asks of the context of a request. */
type Context = Pick<ExecutionContext, "passThroughOnException" | "props" | "waitUntil">;

interface BotCallerDeps {
  settings: Pick<Settings, "wayOut">;
  timing: Pick<Timing, "botUpdates">;
  /** this server */
  app: { fetch(request: Request, env: Env, context: Context): Response | Promise<Response> };
  env: Env;
  /** what has the object wait for work behind an answer */
  waitUntil(work: Promise<unknown>): void;
}

/** What a call from inside lacks of a request from outside. */
const NO_CONTEXT = { passThroughOnException: () => undefined, props: {} };

const CallOfWebhook = z.looseObject({ method: z.string() });
type CallOfWebhook = z.infer<typeof CallOfWebhook>;
const RefusedCall = z.object({ description: z.string() });

/** The address of a call from inside: one of this machine, so that a server in development takes it. */
const INNER_ORIGIN = "http://localhost";

/** What calls the webhooks of bots, and makes the calls of this API that they answer with. */
export function botCaller(deps: BotCallerDeps): BotCaller {
  const { wayOut } = deps.settings;
  return {
    call: (url, headers, body) => askHook({ url, headers, body }, wayOut, deps.timing.botUpdates.answerMs),
    make: async (userId, { sessionId, expiresAt }, json) => {
      const call = CallOfWebhook.safeParse(json);
      if (!call.success) return null;
      try {
        const answer = await makeCall(deps, { userId, sessionId, expiresAt }, call.data);
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

/** Makes a call as a request of the bot. */
async function makeCall(
  { app, env, waitUntil }: BotCallerDeps,
  credential: Credential,
  { method, ...parameters }: CallOfWebhook,
): Promise<Response> {
  const token = await issueToken(env.TOKEN_SECRET, credential);
  const url = `${INNER_ORIGIN}/bot${token}/${encodeURIComponent(method)}`;
  const headers = { "Content-Type": "application/json" };
  const request = new Request(url, { method: "POST", headers, body: JSON.stringify(parameters) });
  return app.fetch(request, env, { ...NO_CONTEXT, waitUntil });
}
