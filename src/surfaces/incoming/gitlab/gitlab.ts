import { invalid } from "../../../domain/errors.ts";
import { messageText } from "../../../domain/foreign/text.ts";
import { answerAsJson } from "../answers.ts";
import { refuseAsJson } from "../errors.ts";
import type { Shape } from "../shape.ts";
import { EVENTS, Event } from "./events.ts";

/** Webhooks of GitLab. It repeats a call with the same `Idempotency-Key`. */
export const gitlab: Shape = {
  read: ({ body }) => {
    const event = Event.safeParse(body);
    // The events of a group have no kind of object.
    const kind = event.data?.object_kind ?? event.data?.event_name;
    if (!event.success || kind === undefined)
      throw invalid("body.object_kind", "must name the event, as GitLab's webhooks do");
    const write = Object.hasOwn(EVENTS, kind) ? EVENTS[kind] : undefined;
    const text = messageText(write?.(event.data) ?? "");
    return text === "" ? null : { text };
  },
  answer: answerAsJson,
  refuse: refuseAsJson,
};
