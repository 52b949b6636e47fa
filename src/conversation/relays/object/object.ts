import type { CallMethods } from "../../../object/calls/object-call.ts";
import { serveCalls } from "../../../object/calls/serve-calls.ts";
import { RELAY_CALLS } from "./calls.ts";
import { RelayLifecycle } from "./lifecycle.ts";

/** The Durable Object of a relay, which holds room sockets of a crowd. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: `serveCalls` defines the methods of the interface
export abstract class RelayObject extends RelayLifecycle {
  static {
    serveCalls(RelayObject.prototype, RELAY_CALLS, {
      charge: (object) => object.charge(),
      load: async (object) => object.load(),
      isStored: () => true,
    });
  }
}

/** The methods of its calls. */
export interface RelayObject extends CallMethods<typeof RELAY_CALLS> {}
