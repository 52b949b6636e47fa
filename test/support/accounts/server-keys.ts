import { env } from "cloudflare:workers";
import { generateServerKey, type ServerScope } from "../../../src/domain/server/server-key.ts";
import { openDatabase } from "../../../src/storage/database.ts";
import { insertServerKey } from "../../../src/storage/server/server-keys.ts";

/** A key as `npm run keys -- create` makes it. */
export async function makeServerKey(
  scopes: ServerScope[],
  { expiresAt = null }: { expiresAt?: number | null } = {},
): Promise<{ id: string; text: string }> {
  const { id, text, hash } = generateServerKey();
  const key = { ...{ id, hash, scopes, expiresAt }, name: "test", createdAt: Date.now(), lastUsedOn: null };
  await insertServerKey(openDatabase(env.DB), key);
  return { id, text };
}
