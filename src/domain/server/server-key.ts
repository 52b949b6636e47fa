import { randomBytes, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { sha256 } from "../../lib/sha256.ts";
import { Time } from "../time.ts";

/** What a server key may do. Each call of a backend names the one that it needs. */
export const ServerScope = z.enum([
  "users",
  "tokens",
  "act",
  "conversations",
  "messages",
  "moderate",
  "data",
  "backup",
  "hooks",
  "metrics",
  "keys",
]);
export type ServerScope = z.infer<typeof ServerScope>;

/** A server key's id: 12 hexadecimal digits. The log and the list of keys name a key by it. */
export const ServerKeyId = z
  .string()
  .regex(/^[0-9a-f]{12}$/, "must be the 12 hexadecimal digits of a key's id")
  .brand<"ServerKeyId">();
export type ServerKeyId = z.infer<typeof ServerKeyId>;

/** A date in UTC, as in `2026-11-26`. */
export const DateUtc = z.iso.date();

/** What an operator gives a new key. */
export const NewServerKey = z.object({
  name: z.string().trim().min(1).max(64),
  scopes: z
    .array(ServerScope)
    .min(1)
    .transform((scopes) => ServerScope.options.filter((scope) => scopes.includes(scope))),
  /** milliseconds since 1970; absent: the key does not end by itself */
  expiresAt: Time.positive().optional(),
});
export type NewServerKey = z.infer<typeof NewServerKey>;

/** The key of a team's backend, without its secret. Times are milliseconds since 1970. */
export interface ServerKey {
  id: ServerKeyId;
  name: string;
  scopes: ServerScope[];
  createdAt: number;
  /** null: never */
  lastUsedOn: string | null;
  /** null: it does not end by itself */
  expiresAt: number | null;
}

/** The bytes of a secret. */
const SECRET_BYTES = 32;
const ID_BYTES = 6;
const FORM = /^psk_([0-9a-f]{12})_([0-9a-f]{64})$/;

/** Whether a token is meant as a server key. It may be none. */
export function looksLikeServerKey(token: string | undefined): token is string {
  return token?.startsWith("psk_") ?? false;
}

/** Makes a key. @returns `text` is what the backend sends, and is stored nowhere; `hash` is stored */
export function generateServerKey(): { id: ServerKeyId; text: string; hash: string } {
  const id = ServerKeyId.parse(randomBytes(ID_BYTES).toString("hex"));
  const secret = randomBytes(SECRET_BYTES).toString("hex");
  return { id, text: `psk_${id}_${secret}`, hash: sha256(secret) };
}

/** The id that a key's text names, and the hash of its secret; null: it is no key. */
export function parseServerKey(text: string): { id: ServerKeyId; hash: string } | null {
  const [, id, secret] = FORM.exec(text) ?? [];
  if (id === undefined || secret === undefined) return null;
  return { id: ServerKeyId.parse(id), hash: sha256(secret) };
}

/** Whether two hashes of secrets are the same, in constant time. */
export function isSameHash(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
