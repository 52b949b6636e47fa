import type { Core } from "../core/context.ts";
import type { Credential } from "../domain/accounts/session.ts";

/** What every handler finds in its context. */
export interface AppEnv {
  Bindings: Env;
  Variables: { core: Core };
}

/** What handlers behind authentication find besides. */
export interface CallerEnv extends AppEnv {
  Variables: AppEnv["Variables"] & { caller: Credential };
}
