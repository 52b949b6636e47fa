import { z } from "@hono/zod-openapi";
import { answerTap, tapButton } from "../../../core/bots/taps.ts";
import { Buttons as Rows } from "../../../domain/bots/buttons.ts";
import { PassingId as DomainPassingId } from "../../../domain/bots/passing.ts";
import { TapId as DomainTapId, TapUrl } from "../../../domain/bots/tap.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { textUpTo } from "../../../domain/text.ts";
import { MessageParams, QueryText } from "../common.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody } from "../route.ts";
import { v1Router } from "../router.ts";

/** The buttons below a message. */
export const Buttons = Rows.meta({
  description:
    "Rows of buttons, at most 8 in a row, 20 rows and 100 buttons. Each has either `data`, which a tap gives the bot, of at most 64 bytes of UTF-8, or the `url` that it opens",
}).openapi("Buttons");

export const TapId = DomainTapId.meta({
  description: "The tap, also in its answer",
  example: "tap_01a1f8e0c0d34f1c09a2b7de0011",
});

const NewTap = z
  .object({ data: z.string().min(1).openapi({ description: "That of the button", example: "yes" }) })
  .openapi("NewTap");

const AcceptedTap = z.object({ tap_id: TapId }).openapi("AcceptedTap");

const TapParams = z.object({ tap_id: QueryText.openapi({ example: TapId.meta()?.example }) });

const NewTapAnswer = z
  .object({
    text: textUpTo(LIMITS.tapAnswer)
      .optional()
      .openapi({ description: "What the client shows for a moment", example: "Done" }),
    alert: z.boolean().optional().openapi({ description: "True: it is shown until the user closes it" }),
    url: TapUrl.optional().openapi({ description: "A page that the client offers to open" }),
  })
  .openapi("NewTapAnswer", { description: "`{}` says only that the tap was heard" });

export const PassingId = DomainPassingId.meta({
  description: "Of the passing message",
  example: "passing-4f1c09a2-b7de-4011-8a3f-48264f1c09a2",
});

/** The answer to a send with `only_for`. */
export const PassingAnswer = z.object({ passing_id: PassingId }).openapi("PassingAnswer");

const lightRoute = callerRoutes("Bots");

const tapRoute = lightRoute("post", "/v1/conversations/{id}/messages/{seq}/taps", {
  operationId: "tapButton",
  summary: "Tap on a button of a bot's message",
  description:
    "The bot hears of it by the frame `tapped` on its device sockets, and may answer: your devices get the frame `tap_answer` with this `tap_id`, or the bot edits the message, or sends one. " +
    "Each call is a tap of its own. 404: you do not see the message, or it has no button with this `data` now. 403 `forbidden`: its bot has left. 429: 50 taps of yours wait for an answer of this bot.",
  request: { params: MessageParams, body: jsonBody(NewTap) },
  responses: {
    202: jsonAnswer("The bot is told", AcceptedTap),
    ...problems("forbidden", "blocked", "not_found"),
  },
});

const answerRoute = lightRoute("post", "/v1/bots/me/taps/{tap_id}", {
  operationId: "answerTap",
  summary: "Answer a tap on your button",
  description:
    "For bots. Who has tapped gets the frame `tap_answer` on their devices that are connected; it is not stored. Answer each tap, if only by `{}`, so that the client stops waiting. The first answer counts: a further one answers 204 and changes nothing. 404 after 15 minutes, and for a tap on a button of another bot.",
  request: { params: TapParams, body: jsonBody(NewTapAnswer) },
  responses: { 204: { description: "The user is told" }, ...problems("refused", "not_found") },
});

export const taps = v1Router()
  .openapi(tapRoute, async (c) => {
    const { id, seq } = c.req.valid("param");
    const { data } = c.req.valid("json");
    const tapId = await tapButton(c.var.core, c.var.caller.userId, id, { seq, data });
    return c.json({ tap_id: tapId }, 202);
  })
  .openapi(answerRoute, async (c) => {
    const { text = "", alert = false, url } = c.req.valid("json");
    const answer = { text, alert, ...(url !== undefined && { url }) };
    await answerTap(c.var.core, c.var.caller.userId, c.req.valid("param").tap_id, answer);
    return c.body(null, 204);
  });
