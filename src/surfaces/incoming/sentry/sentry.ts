import { z } from "zod";
import { invalid } from "../../../domain/errors.ts";
import { bold, lines, link, messageText, oneLine, quoted, text } from "../../../domain/foreign/text.ts";
import { plain } from "../../../lib/markup.ts";
import { answerAsJson } from "../answers.ts";
import { refuseAsJson } from "../errors.ts";
import type { Shape } from "../shape.ts";

const Project = z
  .union([z.object({ name: text, slug: text }), text.transform((name) => ({ name, slug: undefined }))])
  .optional()
  .catch(undefined);

/** An issue, an event or an error. */
const Thing = z
  .object({
    ...{ title: text, culprit: text, shortId: text, web_url: text, permalink: text, level: text },
    ...{ message: text, project: Project },
  })
  .optional()
  .catch(undefined);

const Data = z
  .object({
    ...{ issue: Thing, event: Thing, error: Thing, triggered_rule: text, comment: text, project_slug: text },
    ...{ description_title: text, description_text: text, web_url: text },
  })
  .optional()
  .catch(undefined);

/** What Sentry posts: as an internal integration, or by the older plugin, with the fields in the root. */
const Body = z.looseObject({
  action: text,
  data: Data,
  actor: z.object({ name: text }).optional().catch(undefined),
  ...{ project_name: text, project: text, level: text, culprit: text, message: text, url: text },
  event: Thing,
});
type Body = z.infer<typeof Body>;

const SIGNS: Readonly<Record<string, string>> = {
  ...{ fatal: "🔥", error: "❌", warning: "⚠️", info: "🔹", debug: "🔹" },
  ...{ critical: "🔥", resolved: "✅", triggered: "❌" },
};

/** Webhooks of Sentry. What is not shown is taken, so that Sentry shows no failure for it. */
export const sentry: Shape = {
  read: ({ body, header }) => {
    const given = Body.safeParse(body);
    if (
      !given.success ||
      (given.data.action === undefined && given.data.message === undefined && !given.data.event)
    )
      throw invalid("body", "must be an object with `action`, as Sentry's webhooks post it");
    const shown = messageText(textOf(given.data));
    const id = header("Request-ID");
    return shown === "" ? null : { text: shown, key: id && `sentry ${id}` };
  },
  answer: answerAsJson,
  refuse: refuseAsJson,
};

function textOf({ action, data, actor, ...legacy }: Body): string {
  if (!data) {
    const title = legacy.event?.title || legacy.message || "";
    return ofThing(legacy.level, title, legacy.url, [legacy.project_name ?? legacy.project, legacy.culprit]);
  }
  const { issue, event, error, comment } = data;
  if (comment !== undefined)
    return lines(
      `${plain(actor?.name ?? "somebody")} commented in ${plain(data.project_slug ?? "")}`,
      quoted(plain(comment)),
    );
  if (data.description_title !== undefined)
    return lines(
      `${SIGNS[action ?? ""] ?? "🔹"} ${bold(link(data.description_title, data.web_url))}`,
      plain(data.description_text ?? ""),
    );
  const thing = event ?? error ?? issue;
  if (!thing) return "";
  const done = issue && !event ? `${action ?? ""}${actor?.name ? ` by ${actor.name}` : ""}` : undefined;
  return ofThing(
    action === "resolved" ? "resolved" : (thing.level ?? "error"),
    [thing.shortId, thing.title || thing.message].filter(Boolean).join(" "),
    thing.web_url ?? thing.permalink,
    [projectOf(thing), thing.culprit, data.triggered_rule, done],
  );
}

/** An event has the number of its project, which says nothing to people. */
function projectOf({ project }: NonNullable<z.infer<typeof Thing>>): string | undefined {
  const name = project?.name ?? project?.slug;
  return /^\d+$/.test(name ?? "") ? undefined : name;
}

function ofThing(
  level: string | undefined,
  title: string,
  url: string | undefined,
  details: readonly (string | undefined)[],
): string {
  if (title === "") return "";
  const known = details.map((detail) => plain(oneLine(detail ?? ""))).filter((detail) => detail !== "");
  return lines(`${SIGNS[level ?? ""] ?? "❌"} ${bold(link(title, url))}`, known.join(" · "));
}
