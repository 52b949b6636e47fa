import * as made from "./app.ts";
import { asWork } from "./errors.ts";
import { fileNumber, isOfEarlierFile } from "./numbering.ts";

/** The entry point of the Worker under test (vitest.config.mts): `src/index.ts` with the timing of tests. */
export class Conversation extends made.Conversation {
  override alarm(): Promise<void> {
    return asWork(() => super.alarm(), isOfEarlierFile("conversations", this.ctx.id.name));
  }
}

export class Relay extends made.Relay {
  override alarm(): Promise<void> {
    return asWork(() => super.alarm(), isOfEarlierFile("conversations", this.ctx.id.name?.split("-")[0]));
  }
}

export class Archive extends made.Archive {
  override alarm(): Promise<void> {
    return asWork(() => super.alarm(), isOfEarlierFile("conversations", this.ctx.id.name?.split("-")[0]));
  }
}

export class Inbox extends made.Inbox {
  override alarm(): Promise<void> {
    return asWork(() => super.alarm(), isOfEarlierFile("users", this.ctx.id.name));
  }
}

/** The file in which each hook was first called. Their ids are random. */
const hooks = new Map<string, number>();

export class Hook extends made.Hook {
  constructor(ctx: DurableObjectState, bindings: Env) {
    super(ctx, bindings);
    const { name = "" } = ctx.id;
    if (!hooks.has(name)) hooks.set(name, fileNumber());
  }

  override alarm(): Promise<void> {
    return asWork(() => super.alarm(), hooks.get(this.ctx.id.name ?? "") !== fileNumber());
  }
}

const { fetch, scheduled } = made.handlers;

export default {
  fetch: (...input: Parameters<typeof fetch>) => asWork(() => fetch(...input)),
  scheduled,
};
