import { requireSession } from "../../core/accounts/sessions.ts";
import type { Credential } from "../../domain/accounts/session.ts";
import { CoreError } from "../../domain/errors.ts";
import { type CountingAddress, countCall, countRefused } from "./rate-limit.ts";
import { readToken, requireSecret } from "./token.ts";

/**
 * The caller, by the token of any surface. Counts the call towards the user's rate limit; a call with a token
 * that is not valid, or of an ended session, counts by address.
 * @param token undefined or empty: none was sent
 * @param missing the text of the error for that case
 * @throws `unauthenticated`, `rate_limited`, `internal` without `TOKEN_SECRET`
 */
export async function identify(
  c: CountingAddress,
  token: string | undefined,
  missing: string,
): Promise<Credential> {
  requireSecret(c.env.TOKEN_SECRET);
  if (!token) throw new CoreError("unauthenticated", missing, { token: "invalid" });
  const caller = await verify(c, token);
  await countCall(c, caller.userId);
  return caller;
}

async function verify(c: CountingAddress, token: string): Promise<Credential> {
  try {
    const caller = await readToken(c.env.TOKEN_SECRET, token);
    await requireSession(c.var.core, caller);
    return caller;
  } catch (error) {
    if (error instanceof CoreError && error.code === "unauthenticated") await countRefused(c, "token");
    throw error;
  }
}
