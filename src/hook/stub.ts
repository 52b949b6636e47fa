import type { HookId } from "../domain/server/hook.ts";
import type { Timing } from "../domain/timing.ts";
import { BACKUP_CALLS } from "../object/backup/calls.ts";
import { rpcClient } from "../object/calls/rpc.ts";
import { HOOK_CALLS } from "./calls.ts";
import type { HookObject } from "./object.ts";

const CALLS = { ...HOOK_CALLS, ...BACKUP_CALLS };

/** The calls of hook objects, by the id of the hook: a method for each entry of `HOOK_CALLS` (`calls.ts`). */
export class HookStubs extends rpcClient<typeof CALLS, HookId>(CALLS) {
  constructor(namespace: DurableObjectNamespace<HookObject>, timing: Timing["rpcRetry"]) {
    super((id) => namespace.getByName(id), timing);
  }
}
