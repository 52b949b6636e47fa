import { z } from "zod";
import { invalid } from "../../../domain/errors.ts";
import { messageText, text } from "../../../domain/foreign/text.ts";
import { answerAsJson } from "../answers.ts";
import { refuseAsJson } from "../errors.ts";
import { Event } from "../github/event.ts";
import { EVENTS } from "../github/events.ts";
import type { Shape } from "../shape.ts";

const Body = z.looseObject({
  compare_url: z.unknown().optional(),
  review: z.object({ content: z.unknown().optional() }).optional().catch(undefined),
  /** of a wiki */
  page: text,
  repository: z.looseObject({ html_url: text }).optional().catch(undefined),
  action: text,
});

/** Reviews are events of their own there. */
const REVIEWS: Readonly<Record<string, string>> = {
  pull_request_approved: "approved",
  pull_request_rejected: "changes_requested",
  pull_request_comment: "commented",
};

/** Webhooks of Gitea and Forgejo, which have taken over GitHub's events, with some names of their own. */
export const gitea: Shape = {
  read: ({ body, header }) => {
    const kind = header("X-Gitea-Event") ?? header("X-Forgejo-Event");
    const given = Body.safeParse(body);
    if (kind === undefined)
      throw invalid("header.X-Gitea-Event", "must name the event, as Gitea's webhooks do");
    if (!given.success) throw invalid("body", "must be an object, as Gitea's webhooks post it");
    const { compare_url: compare, review, page: title, ...rest } = given.data;
    const state = REVIEWS[kind];
    const { action, repository } = rest;
    const html_url = title && `${repository?.html_url}/wiki/${encodeURIComponent(title.toWellFormed())}`;
    const event = Event.parse({
      ...{ compare, ...rest },
      ...(kind === "wiki" && { pages: [{ action, title, html_url }] }),
      ...(state && { review: { state, body: review?.content } }),
    });
    const name = state !== undefined ? "pull_request_review" : kind === "wiki" ? "gollum" : kind;
    const write = Object.hasOwn(EVENTS, name) ? EVENTS[name] : undefined;
    const said = messageText(write?.(event) ?? "");
    const delivery = header("X-Gitea-Delivery");
    return said === "" ? null : { text: said, key: delivery && `gitea ${delivery}` };
  },
  answer: answerAsJson,
  refuse: refuseAsJson,
};
