import type { Core } from "../../core/context.ts";
import { withoutPolicies } from "../../core/policies.ts";
import { actingAs } from "../../core/server/user-access.ts";
import type { Credential } from "../../domain/accounts/session.ts";
import { invalid } from "../../domain/errors.ts";
import type { ServerKeyId } from "../../domain/server/server-key.ts";
import { type UserRef, UserRefText } from "../../domain/server/user-ref.ts";
import type { CountingAddress } from "./rate-limit.ts";
import { requireServerKey } from "./server-key.ts";

/** The header by which a backend names the user as whom it acts. */
const ACTING_HEADER = "Parley-User";

/** A user's call that a key makes. */
export interface Acting {
  caller: Credential;
  actingKey: ServerKeyId;
  /** its security log names the key, and no policy holds for it */
  core: Core;
}

/**
 * The caller of a call with a server key: the user whom the header `Parley-User` names. The call counts for
 * the key.
 * @throws as `requireServerKey`; `validation_failed` without the header; `not_found`; `suspended`
 */
export async function actAsUser(c: CountingAddress, token: string): Promise<Acting> {
  const { id: serverKey } = await requireServerKey(c, token, "act");
  const { core } = c.var;
  const caller = await actingAs(core, refOf(c.req.header(ACTING_HEADER)));
  const securityLog: Core["securityLog"] = {
    record: (action, event) => core.securityLog.record(action, { ...event, serverKey }),
  };
  return { caller, actingKey: serverKey, core: { ...withoutPolicies(core), securityLog } };
}

function refOf(header: string | undefined): UserRef {
  const path = `header.${ACTING_HEADER}`;
  if (header === undefined) throw invalid(path, "must name the user as whom the key acts");
  const ref = UserRefText.safeParse(decoded(header));
  if (!ref.success) throw invalid(path, ref.error.issues[0]?.message ?? "must name a user");
  return ref.data;
}

/** The text of a header in percent encoding; undefined: it is none. */
export function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
