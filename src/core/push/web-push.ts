import { buildPushPayload } from "@block65/webcrypto-web-push";
import type { Push } from "../../domain/ports.ts";
import type { WebPushTarget } from "../../domain/push/device.ts";
import { isPushHost } from "../../domain/push/hosts.ts";
import type { Settings, VapidKeys } from "../../domain/settings.ts";
import { addressFlaw, isLoopback } from "../../lib/outgoing/address.ts";
import type { PushRequest } from "./answer.ts";

/** Whether an endpoint is one of a push service that may be called. */
export function isPushEndpoint(
  endpoint: string,
  { push, wayOut: { allowsLoopback } }: Pick<Settings, "push" | "wayOut">,
): boolean {
  if (addressFlaw(endpoint, allowsLoopback) !== null) return false;
  const url = new URL(endpoint);
  return (allowsLoopback && isLoopback(url)) || isPushHost(url.hostname, push.hosts);
}

/** A push as RFC 8030, 8188, 8291 and 8292 have it: encrypted for the browser, and signed by the server. */
export async function webPushRequest(
  { endpoint, keys }: WebPushTarget,
  { payload, topic, ttlS, urgency }: Push,
  vapid: VapidKeys,
): Promise<PushRequest> {
  // The library insists on https, which a service on this machine, in development, does not have.
  const secure = endpoint.replace(/^http:/, "https:");
  const { headers, body } = await buildPushPayload(
    { data: { ...payload }, options: { ttl: ttlS, topic, urgency } },
    { endpoint: secure, expirationTime: null, keys },
    vapid,
  );
  const { "content-length": _, ...sent } = headers;
  return { url: endpoint, headers: sent, body };
}
