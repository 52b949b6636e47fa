import { createHmac } from "node:crypto";

const PREFIX = "whsec_";

/**
 * The headers of a call, by Standard Webhooks 1.0.
 * @param at the time of the call (ms since 1970)
 * @param secrets each signs
 */
export function signedHeaders(
  id: string,
  at: number,
  body: string,
  secrets: readonly string[],
): Record<string, string> {
  const timestamp = String(Math.floor(at / 1_000));
  const signatures = secrets.map((secret) => `v1,${sign(`${id}.${timestamp}.${body}`, secret)}`);
  return {
    "Content-Type": "application/json",
    "User-Agent": "Parley-Hooks/1",
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signatures.join(" "),
  };
}

function sign(text: string, secret: string): string {
  const key = Buffer.from(secret.slice(PREFIX.length), "base64");
  return createHmac("sha256", key).update(text).digest("base64");
}
