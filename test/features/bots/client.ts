import { expect } from "vitest";
import { makeServerKey } from "../../support/accounts/server-keys.ts";
import { freshExternalId, putUser, userPath } from "../../support/accounts/server-users.ts";
import { call } from "../../support/clients/api.ts";
import type { Named } from "../../support/clients/chat.ts";

/** A bot of a backend, as `signedIn`. */
export type BackendBot = Named & { token: string };

/** Makes a bot by a server key, with a token without end. */
export async function backendBot(): Promise<BackendBot> {
  const { text: key } = await makeServerKey(["users", "tokens"]);
  const { id } = await putUser(key, freshExternalId(), { bot: true });
  const answer = await call("POST", userPath(id, "/tokens"), { token: key, body: { expires_in_s: 0 } });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  const token = Object.entries(answer.body ?? {}).find(([name]) => name === "token")?.[1];
  return { user: { id }, token: String(token) };
}

/** Asks for an answer of a kind: one row, and one button that opens a page. */
export const CHOICE = [
  [
    { text: "Yes", data: "yes" },
    { text: "No", data: "no" },
  ],
  [{ text: "More", url: "https://example.com/more" }],
];

/** A text with buttons. */
export const asking = (buttons: unknown = CHOICE, text = "Shall I?") => ({
  kind: "text",
  body: { text },
  buttons,
});
