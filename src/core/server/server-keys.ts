import { CoreError, invalid } from "../../domain/errors.ts";
import { lackedScopes, outlives } from "../../domain/server/giving.ts";
import {
  generateServerKey,
  isSameHash,
  type NewServerKey,
  parseServerKey,
  type ServerKey,
  ServerKeyId,
  type ServerScope,
} from "../../domain/server/server-key.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { isoDay } from "../../lib/stored-time.ts";
import {
  findServerKey,
  insertServerKey,
  listServerKeys,
  noteServerKeyUse,
  revokeServerKey,
} from "../../storage/server/server-keys.ts";
import type { Core } from "../context.ts";
import { requireLiveKey } from "../moderation/giving.ts";

/** A new key, and the text that a backend sends. It is shown once. */
export interface CreatedServerKey {
  key: ServerKey;
  text: string;
}

/**
 * Makes a key.
 * @param by the key that asked for it
 * @throws `validation_failed` for an end in the past; `forbidden` for scopes that the asking key lacks, and
 *   for a key that would end later
 */
export async function createServerKey(
  core: Core,
  by: ServerKey,
  { name, scopes, expiresAt }: NewServerKey,
): Promise<CreatedServerKey> {
  const createdAt = Date.now();
  if (expiresAt !== undefined && expiresAt <= createdAt)
    throw invalid("body.expires_at", "must be in the future");
  requireCovers(by, scopes, "makes");
  if (by.expiresAt !== null && outlives(by, expiresAt ?? null))
    throw new CoreError(
      "forbidden",
      `The server key ends at ${by.expiresAt}: it makes no key that ends later. Give an \`expires_at\`.`,
    );
  await requireLiveKey(core, by);
  const { id, text, hash } = generateServerKey();
  const key = { ...{ id, name, scopes, createdAt }, lastUsedOn: null, expiresAt: expiresAt ?? null };
  await insertServerKey(core.db, { ...key, hash });
  core.securityLog.record("key_created", { user: null, by: null, serverKey: by.id });
  return { key, text };
}

/** The keys that work and have no scope that the asking key lacks, the newest first. */
export async function serverKeys(core: Core, by: ServerKey): Promise<ServerKey[]> {
  const keys = await listServerKeys(core.db, Date.now());
  return keys.filter(({ scopes }) => lackedScopes(by, scopes).length === 0);
}

/**
 * Revokes a key. Other isolates take it for `serverKeys.keepMs` (10 s) at most. The keys that it has made
 * stay.
 * @throws `not_found` for a key that is unknown, revoked or has ended; `forbidden` for one with scopes that
 *   the asking key lacks
 */
export async function endServerKey(core: Core, by: ServerKey, id: string): Promise<void> {
  const keyId = ServerKeyId.safeParse(id).data;
  const found = keyId && (await findServerKey(core.db, keyId, Date.now()));
  if (!found) throw noKey();
  requireCovers(by, found.scopes, "revokes");
  if (!(await revokeServerKey(core.db, found.id, Date.now()))) throw noKey();
  core.keyCache.forget(found.id);
  core.securityLog.record("key_revoked", { user: null, by: null, serverKey: by.id });
}

/** @throws `forbidden` for a key that lacks one of these scopes */
function requireCovers(by: ServerKey, scopes: ServerScope[], does: string): void {
  const [lacked] = lackedScopes(by, scopes);
  if (lacked !== undefined)
    throw new CoreError(
      "forbidden",
      `The server key lacks the scope \`${lacked}\`: it ${does} no key that has it.`,
    );
}

function noKey(): CoreError {
  return new CoreError("not_found", "There is no such key.");
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
    noteUse(core, found, isoDay(now));
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
