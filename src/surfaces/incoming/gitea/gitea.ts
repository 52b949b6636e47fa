import { z } from "zod";
import { invalid } from "../../../domain/errors.ts";
import { messageText } from "../../../domain/foreign/text.ts";
import { answerAsJson } from "../answers.ts";
import { refuseAsJson } from "../errors.ts";
import { Event } from "../github/event.ts";
import { EVENTS } from "../github/events.ts";
import type { Shape } from "../shape.ts";

const Body = z.looseObject({
  compare_url: z.unknown().optional(),
  review: z.object({ content: z.unknown().optional() }).optional().catch(undefined),
});

/** Reviews are events of their own there. */
const REVIEWS: Readonly<Record<string, string>> = {
  pull_request_approved: "approved",
  pull_request_rejected: "changes_requested",
};

/** Webhooks of Gitea and Forgejo, which have taken over GitHub's events, with some names of their own. */
export const gitea: Shape = {
  read: ({ body, header }) => {
    const kind = header("X-Gitea-Event") ?? header("X-Forgejo-Event");
    const given = Body.safeParse(body);
    if (kind === undefined)
      throw invalid("header.X-Gitea-Event", "must name the event, as Gitea's webhooks do");
    if (!given.success) throw invalid("body", "must be an object, as Gitea's webhooks post it");
    const { compare_url: compare, review, ...rest } = given.data;
    const state = REVIEWS[kind];
    const event = Event.parse({
      ...{ compare, ...rest },
      ...(state && { review: { state, body: review?.content } }),
    });
    const name = state === undefined ? kind : "pull_request_review";
    const write = Object.hasOwn(EVENTS, name) ? EVENTS[name] : undefined;
    const text = messageText(write?.(event) ?? "");
    const delivery = header("X-Gitea-Delivery");
    return text === "" ? null : { text, key: delivery && `gitea ${delivery}` };
  },
  answer: answerAsJson,
  refuse: refuseAsJson,
};
