import "./clock.ts";
import * as product from "../../../../src/index.ts";
import { alarmTime, setClock } from "./clock.ts";

/** The path of the clock. No API has it. */
const CLOCK = "/clock-of-the-past";

export class Conversation extends product.Conversation {
  constructor(state: DurableObjectState, env: Env) {
    super(withAlarms(state), env);
  }
}

export class Relay extends product.Relay {
  constructor(state: DurableObjectState, env: Env) {
    super(withAlarms(state), env);
  }
}

export class Archive extends product.Archive {
  constructor(state: DurableObjectState, env: Env) {
    super(withAlarms(state), env);
  }
}

export class Inbox extends product.Inbox {
  constructor(state: DurableObjectState, env: Env) {
    super(withAlarms(state), env);
  }
}

export class Hook extends product.Hook {
  constructor(state: DurableObjectState, env: Env) {
    super(withAlarms(state), env);
  }
}

/** The server does not start while it lacks a class of the product. */
void ({ Conversation, Relay, Archive, Inbox, Hook } satisfies Record<
  Exclude<keyof typeof product, "default" | "withoutPage">,
  unknown
>);

function withAlarms(state: DurableObjectState): DurableObjectState {
  const { storage } = state;
  const setAlarm = storage.setAlarm.bind(storage);
  storage.setAlarm = (due, options) => setAlarm(alarmTime(Number(due)), options);
  if (state.storage.setAlarm !== storage.setAlarm)
    throw new Error("The runtime makes another storage at each access: alarms would miss the clock.");
  return state;
}

/**
 * The product with a clock that `POST /clock-of-the-past` sets, with ms since 1970 as its body. For the
 * sample world alone: the process that runs it listens on this machine only, and ends when the world is made.
 */
export default {
  ...product.default,
  async fetch(request, env, context) {
    const { pathname, hostname } = new URL(request.url);
    if (pathname !== CLOCK) return product.default.fetch(request, env, context);
    if (hostname !== "127.0.0.1" || request.method !== "POST") return new Response(null, { status: 404 });
    return new Response(null, { status: setClock(Number(await request.text())) ? 204 : 409 });
  },
} satisfies ExportedHandler<Env>;
