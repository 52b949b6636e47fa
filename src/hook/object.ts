import { BACKUP_CALLS, BACKUP_HOST } from "../object/backup/calls.ts";
import type { CallMethods } from "../object/calls/object-call.ts";
import { serveCalls } from "../object/calls/serve-calls.ts";
import { HOOK_CALLS } from "./calls.ts";
import { HookLifecycle } from "./lifecycle.ts";

/** The Durable Object of one hook: which conversations were told of it. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: `serveCalls` defines the methods of the interface
export abstract class HookObject extends HookLifecycle {
  static {
    serveCalls(HookObject.prototype, HOOK_CALLS, {
      charge: () => null,
      load: (object) => object.ensureLoaded(),
      isStored: () => true,
    });
    serveCalls(HookObject.prototype, BACKUP_CALLS, BACKUP_HOST);
  }
}

/** The methods of its calls. */
export interface HookObject extends CallMethods<typeof HOOK_CALLS & typeof BACKUP_CALLS> {}
