import { CLIENTS } from "./clients.ts";
import { CORE } from "./core.ts";
import { DELIVERY } from "./delivery.ts";
import type { Fault } from "./fault.ts";
import { OPERATION } from "./operation.ts";
import { OUTFEEDS } from "./outfeeds.ts";
import { SURFACES } from "./surfaces.ts";

/** The faults over the whole product. */
export const FAULTS: readonly Fault[] = [
  ...[...CORE, ...DELIVERY, ...SURFACES, ...CLIENTS],
  ...[...OPERATION, ...OUTFEEDS],
];
