import { exports } from "cloudflare:workers";
import { expect } from "vitest";
import { z } from "zod";
import type { SignedIn } from "../../support/clients/api.ts";
import { ask } from "../../support/clients/chat.ts";

/** A hook as v1 answers it; strict, so that a new field fails the tests. */
const Hook = z.strictObject({
  id: z.string(),
  name: z.string(),
  avatar: z.string(),
  created_by: z.int(),
  created_at: z.int(),
  waiting: z.boolean(),
});

const HookWithUrl = Hook.extend({ url: z.string() });
export type HookWithUrl = z.infer<typeof HookWithUrl>;

/** Makes a hook of a group, and asserts success. */
export async function makeHook(who: SignedIn, id: number, fields: object = {}): Promise<HookWithUrl> {
  const answer = await ask(who, id, "POST", "/hooks", { name: "Builds", ...fields });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return HookWithUrl.parse(answer.body);
}

export async function hooksOf(who: SignedIn, id: number) {
  const answer = await ask(who, id, "GET", "/hooks");
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return z.strictObject({ items: z.array(Hook) }).parse(answer.body).items;
}

/** Replaces the URL of a hook. */
export async function rotate(who: SignedIn, id: number, hook: string): Promise<HookWithUrl> {
  const answer = await ask(who, id, "POST", `/hooks/${hook}/rotate`);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return HookWithUrl.parse(answer.body);
}

/** Posts to the URL of a hook. Text is posted as it is, anything else as JSON. */
export function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return exports.default.fetch(
    new Request(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    }),
  );
}

/** The same, and the status with the body, as JSON where it is. */
export async function posted(...args: Parameters<typeof post>): Promise<{ status: number; body: unknown }> {
  const response = await post(...args);
  const text = await response.text();
  const isJson = response.headers.get("Content-Type")?.includes("json");
  return { status: response.status, body: isJson ? JSON.parse(text) : text };
}
