import type { Core } from "../core/context.ts";
import type { Credential } from "../domain/accounts/session.ts";
import type { Staff } from "../domain/moderation/staff.ts";
import type { ServerKey, ServerKeyId } from "../domain/server/server-key.ts";

/** The bindings and variables in the context of every handler. */
export interface AppEnv {
  Bindings: Env;
  Variables: {
    core: Core;
    /** the status that stands for a socket which was accepted only to be closed with the reason */
    refusedWith?: number;
    /** the server key that acts as the caller; absent: the caller has shown a token */
    actingKey?: ServerKeyId;
  };
}

/** The context of handlers that also answer without a token. */
export interface AnybodyEnv extends AppEnv {
  Variables: AppEnv["Variables"] & {
    /** null: no token was sent */
    caller: Credential | null;
  };
}

/** The context of handlers that a backend calls with a server key. */
export interface ServerEnv extends AppEnv {
  Variables: AppEnv["Variables"] & { key: ServerKey };
}

/** The context of handlers that staff calls. */
export interface StaffEnv extends AppEnv {
  Variables: AppEnv["Variables"] & {
    staff: Staff;
    /** the key that makes the call has the scope `data`: it reads every conversation */
    readsAny: boolean;
  };
}

/** The context of handlers behind authentication: it holds the caller, too. */
export interface CallerEnv extends AppEnv {
  Variables: AppEnv["Variables"] & { caller: Credential };
}
