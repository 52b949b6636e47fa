import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { z } from "zod";
import { flawsOfAnswer } from "../../support/bot-api/shape.ts";
import { register, type SignedIn } from "../../support/clients/api.ts";
import { type WireAnswer, wire } from "../../support/clients/wire.ts";

const Success = z.strictObject({ ok: z.literal(true), result: z.unknown() });

/** A call of a bot, with JSON. Its answer has all that the document of the API says, and nothing else. */
export async function tg(bot: { token: string }, method: string, body?: unknown): Promise<WireAnswer> {
  const headers =
    body === undefined || typeof body === "object" ? { "Content-Type": "application/json" } : {};
  const answer = await wire({ method: "POST", path: `/bot${bot.token}/${method}`, headers, body });
  if (answer.status === 200) expect(flawsOfAnswer(method, Success.parse(answer.body).result)).toEqual([]);
  return answer;
}

/** Asserts success. @returns the result */
export function success({ status, body }: WireAnswer): unknown {
  expect({ status, body }).toMatchObject({ status: 200, body: { ok: true } });
  return Success.parse(body).result;
}

/** Asserts a failure with this code. */
export function failure({ status, body }: WireAnswer, code: number, description: unknown): void {
  expect({ status, body }).toMatchObject({
    status: code,
    body: { ok: false, error_code: code, description },
  });
}

const Chat = z.looseObject({ id: z.int(), type: z.string() });
const Message = z.looseObject({
  message_id: z.int(),
  date: z.int(),
  chat: Chat,
  text: z.string().optional(),
});
const Update = z.looseObject({ update_id: z.int() });
export type Update = z.infer<typeof Update>;

/** Calls a method that succeeds. */
export async function called(bot: { token: string }, method: string, body: object = {}): Promise<unknown> {
  return success(await tg(bot, method, body));
}

/** Sends a text. */
export async function sendText(bot: { token: string }, chat_id: number, text: string, more: object = {}) {
  return Message.parse(await called(bot, "sendMessage", { chat_id, text, ...more }));
}

/** The updates that wait. */
export async function updates(bot: { token: string }, body: object = {}): Promise<Update[]> {
  return z.array(Update).parse(await called(bot, "getUpdates", body));
}

/** A user who is a bot. */
export async function newBot(): Promise<SignedIn> {
  const bot = await register();
  await env.DB.prepare("UPDATE users SET bot = 1 WHERE id = ?").bind(bot.user.id).run();
  return bot;
}
