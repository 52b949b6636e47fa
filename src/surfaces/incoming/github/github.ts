import { invalid } from "../../../domain/errors.ts";
import { messageText } from "../../../domain/foreign/text.ts";
import { answerAsJson } from "../answers.ts";
import { refuseAsJson } from "../errors.ts";
import type { Shape } from "../shape.ts";
import { Event } from "./event.ts";
import { EVENTS } from "./events.ts";

/** Webhooks of GitHub. An event that is not shown is taken, so that GitHub shows no failure for it. */
export const github: Shape = {
  read: ({ body, header }) => {
    const kind = header("X-GitHub-Event");
    if (kind === undefined)
      throw invalid("header.X-GitHub-Event", "must name the event, as GitHub's webhooks do");
    const event = Event.safeParse(body);
    if (!event.success) throw invalid("body", "must be an object, as GitHub's webhooks post it");
    const write = Object.hasOwn(EVENTS, kind) ? EVENTS[kind] : undefined;
    const text = messageText(write?.(event.data) ?? "");
    const delivery = header("X-GitHub-Delivery");
    return text === "" ? null : { text, key: delivery && `github ${delivery}` };
  },
  answer: answerAsJson,
  refuse: refuseAsJson,
};
