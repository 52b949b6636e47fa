import { generateKeyPairSync } from "node:crypto";

/** The names of the two settings that are one pair of keys. */
export const VAPID_NAMES = ["VAPID_PUBLIC_KEY", "VAPID_PRIVATE_KEY"] as const;

/** A new pair of keys for Web Push: a point on P-256, uncompressed, and its scalar, in base64url. */
export function newVapidKeys(): Record<(typeof VAPID_NAMES)[number], string> {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x = "", y = "", d = "" } = privateKey.export({ format: "jwk" });
  const point = [Buffer.from([4]), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")];
  return { VAPID_PUBLIC_KEY: Buffer.concat(point).toString("base64url"), VAPID_PRIVATE_KEY: d };
}
