import type { Fetch } from "../../src/index.ts";

/**
 * An answer: a status, perhaps with a body and a `Retry-After`; `lost` after the server has done the call.
 */
export type Scripted = { status: number; body?: object; retryAfter?: number } | "lost" | "pass";

/** A `fetch` whose first answers are scripted; the others pass. `sent` has each request. */
export function scripted(...answers: Scripted[]): {
  fetch: Fetch;
  sent: { url: string; init: RequestInit }[];
} {
  const sent: { url: string; init: RequestInit }[] = [];
  return {
    sent,
    async fetch(url, init) {
      sent.push({ url, init });
      const answer = answers.shift() ?? "pass";
      if (answer === "pass") return fetch(url, init);
      if (answer === "lost") {
        await (await fetch(url, init)).text();
        throw new TypeError("the connection was lost");
      }
      const { status, body = {}, retryAfter } = answer;
      const headers = { ...(retryAfter !== undefined && { "Retry-After": `${retryAfter}` }) };
      return Response.json(body, { status, headers });
    },
  };
}
