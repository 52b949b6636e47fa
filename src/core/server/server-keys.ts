import { CoreError, invalid } from "../../domain/errors.ts";
import {
  generateServerKey,
  isSameHash,
  type NewServerKey,
  parseServerKey,
  type ServerKey,
  ServerKeyId,
} from "../../domain/server/server-key.ts";
import { errorFields, log } from "../../lib/logger.ts";
import {
  findServerKey,
  insertServerKey,
  listServerKeys,
  noteServerKeyUse,
  revokeServerKey,
} from "../../storage/server/server-keys.ts";
import type { Core } from "../context.ts";

/** A new key, and the text that a backend sends. It is shown once. */
export interface CreatedServerKey {
  key: ServerKey;
  text: string;
}

/** Makes a key. @param by the key that asked for it @throws `validation_failed` for an end in the past */
export async function createServerKey(
  core: Core,
  by: ServerKeyId,
  { name, scopes, expiresAt }: NewServerKey,
): Promise<CreatedServerKey> {
  const createdAt = Date.now();
  if (expiresAt !== undefined && expiresAt <= createdAt)
    throw invalid("body.expires_at", "must be in the future");
  const { id, text, hash } = generateServerKey();
  const key = { ...{ id, name, scopes, createdAt }, lastUsedOn: null, expiresAt: expiresAt ?? null };
  await insertServerKey(core.db, { ...key, hash });
  core.securityLog.record("key_created", { user: null, by: null, serverKey: by });
  return { key, text };
}

/** All keys that work, the newest first. */
export function serverKeys(core: Core): Promise<ServerKey[]> {
  return listServerKeys(core.db, Date.now());
}

/**
 * Revokes a key. Other isolates take it for `serverKeys.keepMs` (10 s) at most.
 * @throws `not_found` for a key that is unknown or revoked
 */
export async function endServerKey(core: Core, by: ServerKeyId, id: string): Promise<void> {
  const keyId = ServerKeyId.safeParse(id).data;
  const isRevoked = keyId !== undefined && (await revokeServerKey(core.db, keyId, Date.now()));
  if (!isRevoked) throw new CoreError("not_found", "There is no such key.");
  core.keyCache.forget(keyId);
  core.securityLog.record("key_revoked", { user: null, by: null, serverKey: by });
}

/**
 * The key that a backend has sent. It costs no read if this isolate has looked it up within
 * `serverKeys.keepMs`, else one row of D1.
 * @returns null: it is no key, or a wrong, revoked or ended one
 */
export async function checkServerKey(core: Core, text: string): Promise<ServerKey | null> {
  const sent = parseServerKey(text);
  if (!sent) return null;
  const now = Date.now();
  const known = core.keyCache.get(sent.id, now);
  const found = known ?? (await findServerKey(core.db, sent.id, now));
  if (!found || !isSameHash(found.hash, sent.hash)) return null;
  if (!known) {
    core.keyCache.remember(found, now);
    noteUse(core, found, new Date(now).toISOString().slice(0, "2026-11-26".length));
  }
  const { hash: _, ...key } = found;
  return key;
}

/** Writes at most once a day, behind the answer. */
function noteUse(core: Core, { id, lastUsedOn }: ServerKey, today: string): void {
  if (lastUsedOn === today) return;
  core.waitUntil(
    noteServerKeyUse(core.db, id, today).catch((error: unknown) =>
      log("warn", "key_use_not_noted", { key: id, ...errorFields(error) }),
    ),
  );
}
