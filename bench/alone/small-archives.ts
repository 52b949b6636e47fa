/** Parley with archives of 16 MB in place of 8 GB: few messages fill several. All else is the product. */
import { TIMING } from "../../src/domain/timing.ts";
import { createWorker } from "../../src/worker.ts";

const worker = createWorker({ ...TIMING, archives: { ...TIMING.archives, archiveBytes: 16_000_000 } });

export class Conversation extends worker.Conversation {}

export class Relay extends worker.Relay {}

export class Archive extends worker.Archive {}

export class Inbox extends worker.Inbox {}

export class Hook extends worker.Hook {}

export default worker.handlers;
